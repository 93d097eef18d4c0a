import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AuthenticationError, Hypervex, NotFoundError, PermissionError, type FieldIndex } from "hypervex";
import { TestServer } from "hypervex-testing";

const ADMIN = "an-admin-key-of-the-tests-with-enough-characters";

let directory: string;
let server: TestServer;
let admin: Hypervex;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "hypervex-key-"));
  const adminKeyFile = join(directory, "key");
  await writeFile(adminKeyFile, `${ADMIN}\n`);
  server = await TestServer.start({ adminKeyFile });
  admin = new Hypervex({ url: server.url, apiKey: ADMIN });
});

after(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

test("collections are created with every setting, described, listed and dropped", async () => {
  const created = await admin.createCollection("settings", {
    vectors: {
      title_text: {
        dimension: 3,
        metric: "dot",
        index: { type: "hnsw", m: 8, efConstruction: 50, ef: 20 },
        quantization: "sq8",
      },
      taxa: { dimension: 2, metric: "poincare", curvature: 0.5, project: true, index: { type: "flat" } },
    },
    capacity: 100,
    fieldIndexes: { publish_year: "integer" },
  });
  const described = await created.describe();
  assert.deepEqual(described, {
    name: "settings",
    capacity: 100,
    count: 0,
    dimension: null,
    metric: null,
    index: null,
    quantization: null,
    fieldIndexes: { publish_year: "integer" },
    vectors: {
      title_text: {
        dimension: 3,
        metric: "dot",
        index: { type: "hnsw", m: 8, efConstruction: 50, ef: 20 },
        quantization: "sq8",
      },
      taxa: {
        dimension: 2,
        metric: "poincare",
        curvature: 0.5,
        project: true,
        index: { type: "flat" },
        quantization: "none",
      },
    },
  });
  const stats = await created.stats();
  assert.deepEqual(
    [stats.count, stats.capacity, Object.keys(stats.vectors ?? {}).sort()],
    [0, 100, ["taxa", "title_text"]],
  );
  assert.ok(
    stats.memory.totalBytes > 0 && stats.database.openFiles > 0 && stats.fieldIndexes?.[0]?.field === "publish_year",
  );

  assert.ok((await admin.listCollections()).includes("settings"));
  await admin.dropCollection("settings");
  assert.ok(!(await admin.listCollections()).includes("settings"));
  await assert.rejects(admin.dropCollection("settings"), NotFoundError);
});

test("a collection that exists is taken as it is, by clients that come together too", async () => {
  const many = await Promise.all(
    Array.from({ length: 5 }, () => admin.getOrCreateCollection("together", { dimension: 2 })),
  );
  assert.equal((await many[0]?.describe())?.dimension, 2);
  assert.equal((await (await admin.getOrCreateCollection("together", { dimension: 9 })).describe()).dimension, 2);
});

test("indexes of fields are declared, listed and dropped", async () => {
  const records = await admin.createCollection<{ "a/b": string }>("indexed");
  await records.upsert({ id: "a", vector: [1], metadata: { "a/b": "x" } });
  const index: FieldIndex = await records.createFieldIndex("a/b", "keyword");
  assert.deepEqual([index.field, index.type, typeof index.memoryBytes], ["a/b", "keyword", "number"]);
  assert.deepEqual((await records.createFieldIndex("a/b", "keyword")).field, "a/b");
  assert.deepEqual(
    (await records.listFieldIndexes()).map((one) => one.field),
    ["a/b"],
  );
  await records.dropFieldIndex("a/b");
  await assert.rejects(records.dropFieldIndex("a/b"), NotFoundError);
});

test("a server with keys takes only them, each for what it is for", async () => {
  await admin.createCollection("mine");
  await admin.createCollection("theirs");
  const stranger = new Hypervex({ url: server.url });
  await assert.rejects(
    stranger.listCollections(),
    (error) => error instanceof AuthenticationError && error.status === 401 && error.code === "unauthorized",
  );
  await assert.rejects(new Hypervex({ url: server.url, apiKey: `${ADMIN}x` }).health(), AuthenticationError);
  assert.deepEqual([await stranger.isLive(), await stranger.isReady()], [true, true]);

  const made = await admin.keys.create({ name: "reader", scope: "read", collections: ["mine"] });
  const reader = new Hypervex({ url: server.url, apiKey: made.key });
  assert.deepEqual(await reader.listCollections(), ["mine"]);
  assert.equal(await reader.collection("mine").count(), 0);
  await assert.rejects(
    reader.collection("mine").upsert({ vector: [1] }),
    (error) => error instanceof PermissionError && error.status === 403 && error.code === "forbidden",
  );
  await assert.rejects(reader.collection("theirs").count(), PermissionError);
  await assert.rejects(reader.keys.list(), PermissionError);

  const listed = (await admin.keys.list()).find((one) => one.id === made.id);
  assert.deepEqual(
    [listed?.name, listed?.scope, listed?.collections, listed?.createdAt instanceof Date],
    ["reader", "read", ["mine"], true],
  );
  const rotated = await admin.keys.rotate(made.id, { graceSeconds: 600 });
  assert.ok(rotated.previousUntil !== undefined && rotated.previousUntil > made.createdAt);
  assert.equal(await reader.collection("mine").count(), 0);
  await admin.keys.revoke(made.id);
  await assert.rejects(reader.collection("mine").count(), AuthenticationError);
  await assert.rejects(new Hypervex({ url: server.url, apiKey: rotated.key }).health(), AuthenticationError);
  await assert.rejects(admin.keys.revoke(made.id), NotFoundError);
});

test("a server says that it is well, and which version it is", async () => {
  const health = await admin.health();
  assert.equal(health.status, "healthy");
  assert.match(health.version, /^\d+\.\d+/);
  await admin.waitUntilReady();
});
