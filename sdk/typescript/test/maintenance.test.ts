import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ConflictError, Hypervex, NotFoundError, TimeoutError, ValidationError } from "hypervex";
import { TestServer } from "hypervex-testing";

let server: TestServer;
let client: Hypervex;

before(async () => {
  server = await TestServer.start();
  client = new Hypervex({ url: server.url });
});

after(() => server.stop());

test("an alias is set, switched with others at once, and dropped", async () => {
  await client.createCollection("first", { dimension: 1 });
  const second = await client.createCollection("second", { dimension: 1 });
  await second.upsert({ id: "x", vector: [1] });

  await client.aliases.set("live", "first");
  assert.equal(await client.collection("live").count(), 0);
  assert.deepEqual(await client.aliases.change({ live: "second", next: "first" }), [
    { alias: "live", collection: "second" },
    { alias: "next", collection: "first" },
  ]);
  assert.equal(await client.collection("live").count(), 1);
  await assert.rejects(
    client.dropCollection("second"),
    (error) => error instanceof ConflictError && error.code === "collection_in_use",
  );
  assert.deepEqual(await client.aliases.change({ next: null }), await client.aliases.list());
  await client.aliases.drop("live");
  assert.deepEqual(await client.aliases.list(), []);
  await assert.rejects(client.aliases.drop("live"), NotFoundError);
  await assert.rejects(
    client.aliases.set("live", "nothing"),
    (error) => error instanceof NotFoundError && error.code === "collection_not_found",
  );
});

test("a collection is altered; what is left out stays", async () => {
  const docs = await client.createCollection("altered", {
    capacity: 5,
    vectors: { "": { dimension: 1 }, title: { dimension: 1 } },
  });
  const altered = await docs.alter({ capacity: 9, ef: 77, fieldEf: { title: 88 } });
  assert.deepEqual(
    [altered.capacity, altered.vectors?.[""]?.index.ef, altered.vectors?.["title"]?.index.ef],
    [9, 77, 88],
  );
  assert.equal((await docs.alter({ ef: 99 })).capacity, 9);
  assert.equal((await docs.alter({ capacity: null })).capacity, null);
  assert.equal((await docs.describe()).vectors?.[""]?.index.ef, 99);
  const coded = await docs.alter({
    durability: "batch",
    quantization: "sq8",
    fieldEf: { title: 66 },
    fieldQuantization: { title: "sq4" },
  });
  assert.deepEqual(
    [coded.durability, coded.vectors?.[""]?.quantization, coded.vectors?.["title"]?.quantization],
    ["batch", "sq8", "sq4"],
  );
  assert.equal(coded.vectors?.["title"]?.index.ef, 66);
  assert.equal((await docs.alter({ durability: null })).durability, undefined);
  await assert.rejects(docs.alter({}), ValidationError);
  await assert.rejects(docs.alter({ ef: 0 }), ValidationError);
});

test("a snapshot is made, downloaded, uploaded from a file and restored", async () => {
  const docs = await client.createCollection<{ n: number }>("docs", { dimension: 2 });
  await docs.upsert(
    Array.from({ length: 500 }, (_, n) => ({
      id: String(n),
      vector: [n, 1],
      metadata: { n },
      document: "x".repeat(1_000),
    })),
  );
  const begun = await docs.snapshots.create();
  assert.deepEqual([begun.kind, begun.collection, begun.startedAt instanceof Date], ["snapshot", "docs", true]);
  const job = await client.jobs.wait(begun.id);
  assert.deepEqual([job.state, job.records, job.problem, job.progress], ["done", 500, undefined, 1]);
  assert.ok(job.finishedAt !== undefined && job.finishedAt >= job.startedAt);
  const [kept] = await docs.snapshots.list();
  assert.deepEqual([kept?.name, kept?.bytes, kept?.createdAt instanceof Date], [begun.snapshot, job.bytes, true]);

  const content = new Uint8Array(await new Response(await docs.snapshots.download(kept?.name ?? "")).arrayBuffer());
  assert.equal(content.length, kept?.bytes);
  await docs.drop();
  const folder = await mkdtemp(join(tmpdir(), "hypervex-snapshot-"));
  try {
    await writeFile(join(folder, "docs.hvsnap"), content);
    const other = client.collection("other").snapshots;
    const uploaded = await other.upload("mine.hvsnap", await openAsBlob(join(folder, "docs.hvsnap")));
    assert.deepEqual([uploaded.name, uploaded.bytes], ["mine.hvsnap", content.length]);
    const restored = await client.jobs.wait((await other.restore("mine.hvsnap", { into: "back" })).id);
    assert.deepEqual([restored.state, restored.collection, restored.records], ["done", "back", 500]);
    assert.deepEqual((await client.collection<{ n: number }>("back").get("7"))?.metadata, { n: 7 });

    const refused = await client.jobs.wait((await other.restore("mine.hvsnap", { into: "back" })).id);
    assert.deepEqual([refused.state, refused.problem?.code], ["failed", "collection_exists"]);
    const replaced = await other.restore("mine.hvsnap", { into: "back", replace: true });
    assert.equal((await client.jobs.wait(replaced.id)).state, "done");
    await assert.rejects(other.upload("mine.hvsnap", content), ConflictError);
    await assert.rejects(
      other.upload("broken.hvsnap", content.slice(0, -1)),
      (error) => error instanceof ValidationError && error.code === "bad_snapshot",
    );
    await other.delete("mine.hvsnap");
    assert.deepEqual(await other.list(), []);
    await assert.rejects(other.delete("mine.hvsnap"), NotFoundError);
    await assert.rejects(other.download("mine.hvsnap"), NotFoundError);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("compactions and checkpoints are jobs", async () => {
  const docs = await client.createCollection("worked", { dimension: 1 });
  await docs.upsert({ id: "a", vector: [1] });
  const compacted = await client.jobs.wait((await docs.compact()).id);
  assert.deepEqual([compacted.kind, compacted.state, (compacted.bytes ?? 0) > 0], ["compact", "done", true]);
  const taken = await client.jobs.wait((await docs.checkpoint()).id);
  assert.deepEqual([taken.kind, taken.state], ["checkpoint", "done"]);
  const listed = (await client.jobs.list()).map((job) => job.id);
  assert.ok(listed.indexOf(taken.id) < listed.indexOf(compacted.id), "the newest comes first");
  await client.jobs.cancel(taken.id);
  assert.deepEqual(await client.jobs.get(taken.id), taken);
  await assert.rejects(client.jobs.get("0123456789abcdef"), NotFoundError);
  await assert.rejects(client.jobs.cancel("0123456789abcdef"), NotFoundError);
});

test("waiting for a job ends with the patience", async () => {
  const running = {
    id: "a",
    kind: "compact",
    collection: "docs",
    state: "running",
    progress: null,
    started_at: "2026-11-22T10:00:00Z",
  };
  const alone = new Hypervex({ url: "http://127.0.0.1:1", fetch: () => Promise.resolve(Response.json(running)) });
  await assert.rejects(alone.jobs.wait("a", { patienceMs: 0 }), TimeoutError);
});
