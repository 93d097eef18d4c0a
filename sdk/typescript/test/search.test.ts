import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiError, Hypervex, ValidationError, type Collection } from "hypervex";
import { TestServer } from "hypervex-testing";

let server: TestServer;
let client: Hypervex;
let plants: Collection<{ kind: string; n: number }>;

before(async () => {
  server = await TestServer.start();
  client = new Hypervex({ url: server.url });
  plants = await client.createCollection("plants", { dimension: 2, metric: "l2" });
  await plants.upsert(
    Array.from({ length: 200 }, (_, n) => ({
      id: `p${String(n)}`,
      vector: [n, n % 7],
      metadata: { kind: ["tree", "herb", "moss"][n % 3] ?? "", n },
      document: `plant ${String(n)}`,
    })),
  );
});

after(() => server.stop());

// The oracle: all distances, sorted.
function nearest(query: readonly [number, number], keep: (n: number) => boolean = () => true): string[] {
  return Array.from({ length: 200 }, (_, n) => n)
    .filter(keep)
    .map((n) => ({ n, distance: Math.hypot(n - query[0], (n % 7) - query[1]) }))
    .sort((left, right) => left.distance - right.distance || left.n - right.n)
    .map(({ n }) => `p${String(n)}`);
}

test("a search finds what a plain loop finds", async () => {
  const { results } = await plants.search({ vector: [50.25, 3.125], topK: 7, exact: true });
  assert.deepEqual(
    results.map((hit) => hit.id),
    nearest([50.25, 3.125]).slice(0, 7),
  );
  const distances = results.map((hit) => hit.distance);
  assert.deepEqual(
    distances,
    [...distances].sort((left, right) => left - right),
  );
  assert.ok(results.every((hit) => hit.metadata.n >= 0 && !("document" in hit) && !("vector" in hit)));
});

test("a filter restricts it, and include chooses the parts", async () => {
  const { results } = await plants.search({
    vector: [50.25, 3.125],
    topK: 5,
    filter: { kind: "moss", n: { $lt: 60 } },
    include: ["document", "vector"],
    exact: true,
  });
  assert.deepEqual(
    results.map((hit) => hit.id),
    nearest([50.25, 3.125], (n) => n % 3 === 2 && n < 60).slice(0, 5),
  );
  assert.deepEqual(
    [results[0]?.document, results[0]?.vector, "metadata" in (results[0] ?? {})],
    ["plant 50", [50, 1], false],
  );
});

test("a record's own vector is a query, and the record is not among the results", async () => {
  // The two beside it are equally near, and so are the two behind those.
  const { results } = await plants.search({ id: "p10", topK: 4, exact: true });
  assert.deepEqual(results.map((hit) => hit.id).sort(), nearest([10, 3]).slice(1, 5).sort());
});

test("answers say what limited and how they were found", async () => {
  const range = await plants.search({ vector: [50, 1], radius: 10, topK: 2, include: [] });
  assert.deepEqual([range.results.length, range.limitedBy], [2, "top_k"]);
  const recall = await plants.search({ vector: [50, 1], targetRecall: 0.9, explain: true, oversampling: 2 });
  assert.equal(typeof recall.ef, "number");
  assert.equal(typeof recall.explain?.recordsRead, "number");
  assert.deepEqual(recall.explain?.warnings, []);
  const near = await plants.search({
    vector: [50, 1],
    minScore: 0.4,
    ef: 100,
    maxDistances: 1_000_000n,
    timeoutMs: 60_000,
  });
  assert.ok(near.results.length > 0 && near.results.every((hit) => hit.score >= 0.4));
});

test("groups, examples and diversity", async () => {
  const { groups } = await plants.searchGroups({
    vector: [50, 1],
    groupBy: "kind",
    groupSize: 2,
    topK: 3,
    include: ["metadata"],
  });
  assert.deepEqual(
    groups.map((group) => group.results.length),
    [2, 2, 2],
  );
  assert.ok(groups.every((group) => group.results.every((hit) => hit.metadata.kind === group.value)));

  const alike = await plants.recommend({
    positive: ["p10", [12, 5]],
    negative: ["p190"],
    strategy: "best_score",
    topK: 4,
  });
  assert.equal(alike.results.length, 4);
  assert.ok(!alike.results.some((hit) => hit.id === "p10" || hit.id === "p190"));

  const nearOnly = await plants.search({ vector: [50, 1], topK: 5, mmr: { lambda: 1 } });
  const different = await plants.search({ vector: [50, 1], topK: 5, mmr: { lambda: 0, candidates: 50 } });
  assert.deepEqual(
    nearOnly.results.map((hit) => hit.id),
    nearest([50, 1]).slice(0, 5),
  );
  assert.notDeepEqual(
    different.results.map((hit) => hit.id),
    nearOnly.results.map((hit) => hit.id),
  );
});

test("many searches come back in their order, over as many requests as they need", async () => {
  const searches = Array.from({ length: 1_203 }, (_, n) => ({ id: `p${String(n % 200)}`, topK: 100, include: [] }));
  const results = await plants.searchMany(searches);
  assert.equal(results.length, 1_203);
  for (const n of [0, 1, 999, 1_000, 1_001, 1_202]) {
    const alone = await plants.search({ id: `p${String(n % 200)}`, topK: 100, include: [] });
    assert.deepEqual(results[n], alone);
  }

  const mixed = await plants.searchMany([
    { vector: [1, 1], radius: 3, topK: 1 },
    { vector: [1, 1], topK: 1, explain: true },
  ]);
  assert.deepEqual([mixed[0]?.limitedBy, mixed[0]?.explain, mixed[1]?.limitedBy], ["top_k", undefined, undefined]);
  assert.ok(mixed[1]?.explain);
  assert.deepEqual(await plants.searchMany([]), []);
});

test("bits are searched by their packed bytes", async () => {
  const hashes = await client.createCollection("hashes", { dimension: 12, metric: "hamming" });
  await hashes.upsert([
    { id: "a", vector: new Uint8Array([255, 15]) },
    { id: "b", vector: [0, 0] },
  ]);
  const { results } = await hashes.search({ vector: new Uint8Array([255, 0]), include: ["vector"] });
  assert.deepEqual(
    results.map((hit) => [hit.id, hit.distance, hit.vector]),
    [
      ["a", 4, [255, 15]],
      ["b", 8, [0, 0]],
    ],
  );
});

test("what the server refuses says what and where", async () => {
  await assert.rejects(
    plants.search({ vector: [1, 2], topK: 0 }),
    (error) =>
      error instanceof ValidationError &&
      error.code === "limit_out_of_range" &&
      error.message.includes("top_k") &&
      error.requestId !== undefined,
  );
  await assert.rejects(plants.search({ vector: [1, 2, 3] }), { code: "dimension_mismatch" });
  await assert.rejects(plants.search({ vector: [1, 2], filter: { n: { $above: 1 } as object } }), {
    code: "invalid_filter",
  });
  await assert.rejects(
    plants.search({ vector: [1, Infinity] }),
    (error) => error instanceof ApiError && error.code === "non_finite_vector" && error.requestId === undefined,
  );
  await assert.rejects(plants.searchMany([{ vector: [1, 1] }, { vector: [NaN, 1] }]), { message: /searches\[1\]/ });
  await assert.rejects(plants.recommend({ positive: [[1, NaN]] }), { message: /positive\[0\]\[1\]/ });
});
