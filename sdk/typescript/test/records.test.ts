import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ConflictError,
  Hypervex,
  NotFoundError,
  PartialUpsertError,
  ValidationError,
  VersionMismatchError,
} from "hypervex";
import { TestServer } from "hypervex-testing";

let server: TestServer;
let client: Hypervex;

before(async () => {
  server = await TestServer.start();
  client = new Hypervex({ url: server.url });
});

after(() => server.stop());

test("a record is created, read, changed and deleted", async () => {
  const records = await client.createCollection<{ kind: string; year?: number }>("life");
  const created = await records.create({
    id: "oak",
    vector: [0.5, 0.25],
    metadata: { kind: "tree", year: 2020 },
    document: "acorns",
  });
  assert.deepEqual(
    [created.id, created.vector, created.metadata, created.document],
    ["oak", [0.5, 0.25], { kind: "tree", year: 2020 }, "acorns"],
  );
  assert.ok(created.createdAt instanceof Date && created.createdAt.getTime() > Date.UTC(2020, 0));
  assert.match(created.version, /^[0-9a-f]{32}$/);
  assert.deepEqual(await records.get("oak"), created);

  const updated = await records.update("oak", { metadata: { year: null }, document: "leaves", vector: [1, 0] });
  assert.deepEqual([updated.vector, updated.metadata, updated.document], [[1, 0], { kind: "tree" }, "leaves"]);
  assert.deepEqual((await records.update("oak", { metadata: { kind: "x" }, metadataMode: "replace" })).metadata, {
    kind: "x",
  });

  assert.equal(await records.delete("oak"), true);
  assert.equal(await records.delete("oak"), false);
  assert.equal(await records.get("oak"), undefined);
});

test("an id that exists is a conflict, one that does not is not found", async () => {
  const records = await client.createCollection("conflicts");
  await records.create({ id: "a", vector: [1] });
  await assert.rejects(
    records.create({ id: "a", vector: [1] }),
    (error) => error instanceof ConflictError && error.code === "already_exists" && error.status === 409,
  );
  await assert.rejects(
    records.update("b", { document: "" }),
    (error) => error instanceof NotFoundError && error.code === "not_found" && error.message.includes('"b"'),
  );
  await assert.rejects(client.createCollection("conflicts"), { code: "collection_exists" });
  await assert.rejects(client.collection("nowhere").count(), { code: "collection_not_found", name: "NotFoundError" });
});

test("a version that has passed is a mismatch", async () => {
  const records = await client.createCollection("versions");
  const first = await records.create({ id: "a/b", vector: [1] });
  const second = await records.update("a/b", { document: "2" }, { ifVersion: first.version });
  await assert.rejects(records.update("a/b", { document: "3" }, { ifVersion: first.version }), VersionMismatchError);
  await assert.rejects(records.delete("a/b", { ifVersion: first.version }), VersionMismatchError);
  assert.equal(await records.delete("a/b", { ifVersion: second.version }), true);
  await assert.rejects(records.delete("a/b", { ifVersion: second.version }), NotFoundError);
});

test("ids of every kind are written, read, changed and deleted", async () => {
  const records = await client.createCollection("ids");
  const inUrls = [
    "a/b",
    "a%2Fb",
    "%",
    "100% sure?",
    "a+b c&d=e#f",
    "ümläut",
    "🌲",
    "stats",
    "search",
    "...",
    "\\",
    '"',
    "a\nb",
    "é",
    "x".repeat(512),
  ];
  const notInUrls = [".", "..", "a\0b"];
  const all = [...inUrls, ...notInUrls];
  await records.upsert(all.map((id) => ({ id, vector: [1, 2] })));
  assert.deepEqual(
    (await records.getMany(all, { include: [] })).records.map((one) => one.id),
    all,
  );
  for (const id of inUrls) {
    assert.equal((await records.update(id, { document: `of ${id}` })).id, id);
    assert.equal((await records.get(id))?.document, `of ${id}`);
  }

  for (const id of notInUrls) {
    assert.equal((await records.get(id))?.id, id);
    await assert.rejects(records.update(id, { document: "" }), { code: "invalid_id" });
  }

  for (const id of all) {
    assert.equal(await records.delete(id), true, id);
  }

  assert.equal(await records.count(), 0);
  await assert.rejects(records.update("\ud800", {}), { code: "invalid_id" });
  await assert.rejects(records.upsert({ id: "", vector: [1, 2] }), { code: "invalid_id", requestId: /./ });
});

test("an upsert tells what became of each record", async () => {
  const records = await client.createCollection("batches");
  assert.deepEqual(
    await records.upsert([
      { id: "a", vector: [1, 0] },
      { id: "b", vector: [0, 1] },
      { id: "a", vector: [1, 1] },
    ]),
    {
      upserted: 2,
      ids: ["a", "b", "a"],
      superseded: [0],
      errors: [],
    },
  );
  const partial = await records.upsert(
    [{ id: "c", vector: [1, 2, 3] }, { vector: [NaN, 0] }, { id: "d", vector: [3, 3] }],
    { partial: true },
  );
  assert.deepEqual(
    [partial.upserted, partial.ids, partial.errors.map((one) => [one.index, one.code])],
    [
      1,
      [null, null, "d"],
      [
        [0, "dimension_mismatch"],
        [1, "non_finite_vector"],
      ],
    ],
  );
  await assert.rejects(
    records.upsert([
      { id: "e", vector: [1, 1] },
      { id: "f", vector: [1] },
    ]),
    ValidationError,
  );
  assert.equal(await records.get("e"), undefined);
  assert.deepEqual(await records.upsert([]), { upserted: 0, ids: [], superseded: [], errors: [] });
});

test("an upsert beyond one request is split by bytes and by count", async () => {
  const narrow = new Hypervex({ url: server.url, maxBodyBytes: 2_000 });
  const records = narrow.collection("split");
  await client.createCollection("split");
  const many = Array.from({ length: 300 }, (_, i) => ({
    id: `${String(i % 250)} ü`,
    vector: [i, 1],
    document: "é".repeat(i % 90),
  }));
  const result = await records.upsert(many);
  assert.deepEqual([result.upserted, result.superseded], [250, Array.from({ length: 50 }, (_, i) => i)]);
  assert.equal((await records.get("49 ü"))?.document, "é".repeat(299 % 90));

  const lots = Array.from({ length: 10_001 }, (_, i) => ({ id: String(i), vector: [i, 1] }));
  assert.equal((await client.collection("split").upsert(lots)).upserted, 10_001);
  assert.equal(
    (
      await client.collection("split").getMany(
        lots.map((one) => one.id),
        { include: [] },
      )
    ).records.length,
    10_001,
  );
  assert.equal(await client.collection("split").deleteMany(lots.map((one) => one.id)), 10_001);
});

test("an upsert that stops behind its first request says what is written", async () => {
  const narrow = new Hypervex({ url: server.url, maxBodyBytes: 500 });
  await client.createCollection("stopped");
  const records = narrow.collection("stopped");
  const many = Array.from({ length: 50 }, (_, i) => ({ id: String(i), vector: i === 40 ? [1, 2, 3] : [i, 1] }));
  await assert.rejects(records.upsert(many), (error) => {
    assert.ok(error instanceof PartialUpsertError);
    assert.equal(error.code, "dimension_mismatch");
    assert.ok(error.cause instanceof ValidationError);
    assert.ok(error.ids.length > 0 && error.ids.length <= 40);
    assert.deepEqual(
      error.ids,
      many.slice(0, error.ids.length).map((one) => one.id),
    );
    return true;
  });
  const { records: written } = await records.getMany(
    many.map((one) => one.id),
    { include: [] },
  );
  await assert.rejects(
    records.upsert(many),
    (error) => error instanceof PartialUpsertError && error.ids.length === written.length,
  );
});

test("vectors go out and come back as Float32Arrays", async () => {
  await client.createCollection("floats", {
    vectors: { title: { dimension: 3 }, body: { dimension: 2, metric: "dot" } },
  });
  const records = client.collection<{ n: number }, "float32">("floats", { vectors: "float32" });
  const title = new Float32Array([0.1, -1e-30, 16777217]);
  await records.upsert({ id: "a", vectors: { title, body: new Float64Array([0.1, 1 / 3]) } });
  const read = await records.get("a", { include: ["vectors"] });
  assert.deepEqual(read?.vectors, { title, body: Float32Array.from([0.1, 1 / 3]) });
  const { results } = await records.search({ vector: title, using: "title", include: ["vectors"] });
  assert.ok(results[0]?.vectors?.["body"] instanceof Float32Array);
});

test("metadata integers of 64 bits stay exact, in records and in filters", async () => {
  const records = await client.createCollection<{ n: bigint | number }>("integers");
  const numbers = [9007199254740991, 9007199254740993n, -9223372036854775808n, 9223372036854775807n];
  await records.upsert(numbers.map((n, i) => ({ id: String(i), vector: [1], metadata: { n } })));
  assert.deepEqual(
    (await records.list()).records.map((one) => one.metadata.n),
    numbers,
  );
  assert.equal(await records.count({ n: { $gte: 9007199254740993n } }), 2);
  assert.equal(await records.count({ n: { $in: numbers } }), 4);

  const floats = [2 ** 53 + 2, 1e20, -1.5e300];
  await records.upsert(floats.map((n, i) => ({ id: `f${String(i)}`, vector: [1], metadata: { n } })));
  assert.deepEqual(
    (await records.getMany(["f0", "f1", "f2"])).records.map((one) => one.metadata.n),
    floats,
  );
  assert.equal(await records.count({ n: { $eq: 2 ** 53 + 2 } }), 1);
});

test("a record that expires says when, and never takes it back", async () => {
  const records = await client.createCollection("expiry");
  const when = new Date("2999-05-31T21:59:59.123Z");
  await records.upsert({ id: "a", vector: [1], expiresAt: when });
  assert.deepEqual((await records.get("a"))?.expiresAt, when);
  assert.equal((await records.update("a", { expiresAt: "never" })).expiresAt, undefined);
  await assert.rejects(records.upsert({ id: "a", vector: [1], expiresAt: new Date(NaN) }), {
    code: "invalid_argument",
    requestId: undefined,
  });
  await records.upsert({ id: "a", vector: [1], expiresAt: "2001-01-01T00:00:00Z" });
  assert.equal(await records.get("a"), undefined);
});

test("records are counted, listed, sampled, changed and deleted by filter", async () => {
  const records = await client.createCollection<{ kind: string; year: number; seen?: boolean }>("filters");
  await records.upsert(
    Array.from({ length: 25 }, (_, i) => ({
      id: String(i),
      vector: [i, 1],
      metadata: { kind: i % 5 === 0 ? "tree" : "herb", year: 2000 + i },
    })),
  );
  assert.equal(await records.count({ kind: "tree", year: { $lt: 2020 } }), 4);
  assert.deepEqual((await records.facets("kind", { filter: { year: { $gte: 2001 } } })).values, [
    { value: "herb", count: 20 },
    { value: "tree", count: 4 },
  ]);
  assert.equal((await records.facets("kind", { limit: 1 })).differentValues, 2);

  const sample = await records.sample({ limit: 3, filter: { kind: "tree" }, seed: 7, include: ["metadata"] });
  assert.deepEqual([sample.length, sample.every((one) => one.metadata.kind === "tree")], [3, true]);

  const first = await records.list({
    limit: 10,
    filter: { $or: [{ kind: "tree" }, { year: { $gt: 2015 } }] },
    include: ["metadata"],
  });
  assert.equal(first.records.length, 10);
  const second = await records.list({
    limit: 10,
    cursor: first.nextCursor ?? "",
    filter: { $or: [{ kind: "tree" }, { year: { $gt: 2015 } }] },
    include: [],
  });
  assert.deepEqual([second.records.length, second.nextCursor], [3, null]);

  const years: number[] = [];
  for await (const one of records.scroll({ orderBy: "year", order: "desc", pageSize: 4, include: ["metadata"] })) {
    years.push(one.metadata.year);
  }

  assert.deepEqual(
    years,
    Array.from({ length: 25 }, (_, i) => 2024 - i),
  );
  assert.equal(await records.updateWhere({ kind: "tree" }, { seen: true }), 5);
  assert.equal(await records.updateWhere({ kind: "tree" }, { seen: true }), 0);
  assert.equal(await records.count({ seen: true }), 5);
  assert.equal(await records.deleteWhere({ seen: true }), 5);
  assert.equal(await records.count(), 20);
});
