import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnablePassthrough, RunnableSequence } from "@langchain/core/runnables";
import { FakeEmbeddings, FakeListChatModel, SyntheticEmbeddings } from "@langchain/core/utils/testing";
import { VectorStore } from "@langchain/core/vectorstores";
import { HypervexStore } from "@hypervex/langchain";
import { ApiError, Hypervex, NotFoundError, type CollectionSettings } from "hypervex";
import { TestServer } from "hypervex-testing";

let server: TestServer;
let names = 0;

before(async () => {
  server = await TestServer.start();
});

after(() => server.stop());

/** Points of the plane, written as text: "3 4" is the vector [3, 4]. */
class WrittenEmbeddings extends Embeddings {
  constructor() {
    super({});
  }

  embedQuery(text: string): Promise<number[]> {
    return Promise.resolve(text.split(" ").map(Number));
  }

  embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

class Listener extends BaseCallbackHandler {
  readonly name = "listener";
  seen: string[] = [];

  override handleRetrieverEnd(documents: DocumentInterface[]): void {
    this.seen = textsOf(documents);
  }
}

function storeOf(settings?: CollectionSettings, vectorField?: string): HypervexStore {
  names++;
  return new HypervexStore(new WrittenEmbeddings(), {
    url: server.url,
    collectionName: `s${String(names)}`,
    settings,
    vectorField,
  });
}

function textsOf(documents: DocumentInterface[]): string[] {
  return documents.map((one) => one.pageContent);
}

const compass = [
  new Document({ pageContent: "0 1", id: "north", metadata: { axis: "y", rank: 1 } }),
  new Document({ pageContent: "1 1", id: "north-east", metadata: { axis: "none", rank: 2 } }),
  new Document({ pageContent: "1 0", id: "east", metadata: { axis: "x", rank: 3 } }),
  new Document({ pageContent: "0 -1", id: "south", metadata: { axis: "y", rank: 4 } }),
];

test("documents go in with their ids and come back whole, the nearest first and with the greatest score", async () => {
  const store = storeOf();
  assert.ok(store instanceof VectorStore);
  assert.deepEqual(await store.addDocuments(compass), ["north", "north-east", "east", "south"]);
  const found = await store.similaritySearchWithScore("0 2", 4);
  assert.deepEqual(
    found.map(([one]) => one.id),
    ["north", "north-east", "east", "south"],
  );
  assert.deepEqual(
    found.map(([, score]) => Number(score.toFixed(4))),
    [1, 0.7071, 0, -1],
  );
  assert.ok(found[0]?.[0] instanceof Document);
  assert.deepEqual(found[0][0], compass[0]);
});

test("scores are greater for the nearer under every metric", async () => {
  for (const metric of ["l2", "dot", "manhattan"] as const) {
    const store = storeOf({ metric });
    await store.addDocuments(compass);
    const scores = (await store.similaritySearchWithScore("0 2", 4)).map(([, score]) => score);
    assert.deepEqual(
      scores,
      [...scores].sort((left, right) => right - left),
      metric,
    );
    assert.equal((await store.similaritySearch("0 2", 1))[0]?.id, metric === "dot" ? "north" : "north", metric);
  }
});

test("ids of the call win over those of the documents, and an id that exists is replaced", async () => {
  const store = storeOf();
  assert.deepEqual(await store.addDocuments(compass.slice(0, 2), { ids: ["a", "b/%"] }), ["a", "b/%"]);
  assert.deepEqual(await store.addVectors([[5, 5]], [new Document({ pageContent: "new" })], { ids: ["a"] }), ["a"]);
  assert.deepEqual(
    textsOf(await store.similaritySearch("5 5", 5)),
    ["new", "1 1"].sort((left) => (left === "new" ? -1 : 1)),
  );
  const [made] = await store.addDocuments([new Document({ pageContent: "2 1" })]);
  assert.match(made ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(await store.collection.count(), 3);
  assert.deepEqual(await store.addDocuments([]), []);
  await assert.rejects(store.addDocuments(compass, { ids: ["one"] }), /4 documents, 4 vectors and 1 ids/);
});

test("filters restrict searches, and are those of the server", async () => {
  const store = storeOf();
  await store.addDocuments(compass);
  assert.deepEqual(
    (await store.similaritySearch("0 1", 10, { axis: "y" })).map((one) => one.id),
    ["north", "south"],
  );
  assert.deepEqual(
    (await store.similaritySearch("0 1", 10, { $or: [{ rank: { $gte: 4 } }, { axis: "x" }] })).map((one) => one.id),
    ["east", "south"],
  );
  await assert.rejects(store.similaritySearch("0 1", 1, { rank: { $above: 1 } as object }), {
    code: "invalid_filter",
  });
});

test("documents are deleted by id, by filter, and all", async () => {
  const store = storeOf();
  await store.addDocuments(compass);
  await store.delete({ ids: ["north", "nobody"] });
  assert.equal(await store.collection.count(), 3);
  await store.delete({ filter: { rank: { $lt: 4 } } });
  assert.deepEqual(
    (await store.similaritySearch("0 1", 10)).map((one) => one.id),
    ["south"],
  );
  await store.delete({ deleteAll: true });
  assert.deepEqual(await store.similaritySearch("0 1", 10), []);
  await assert.rejects(store.delete({}), /exactly one/);
  await assert.rejects(store.delete({ ids: [], deleteAll: true }), /exactly one/);
});

test("maximal marginal relevance prefers what differs", async () => {
  const store = storeOf();
  const twins = ["10 1", "10 1.01", "10 1.02", "1 3"].map((pageContent) => new Document({ pageContent }));
  await store.addDocuments(twins);
  assert.deepEqual(textsOf(await store.similaritySearch("10 1", 2)), ["10 1", "10 1.01"]);
  assert.deepEqual(textsOf(await store.maxMarginalRelevanceSearch("10 1", { k: 2, lambda: 0.3 })), ["10 1", "1 3"]);
  assert.deepEqual(textsOf(await store.maxMarginalRelevanceSearch("10 1", { k: 2, lambda: 1 })), ["10 1", "10 1.01"]);

  // Only what was fetched is chosen from.
  assert.deepEqual(textsOf(await store.maxMarginalRelevanceSearch("10 1", { k: 2, lambda: 0, fetchK: 2 })), [
    "10 1",
    "10 1.01",
  ]);
});

test("a store is made from texts, from documents, and from a collection that exists", async () => {
  const config = { client: new Hypervex({ url: server.url }), collectionName: "made" };
  const texts = await HypervexStore.fromTexts(["1 0", "0 1"], [{ n: 1 }, { n: 2 }], new WrittenEmbeddings(), config);
  assert.deepEqual((await texts.similaritySearch("0 1", 1))[0]?.metadata, { n: 2 });
  await HypervexStore.fromTexts(["1 1"], { all: true }, new WrittenEmbeddings(), config);
  await HypervexStore.fromDocuments(compass, new WrittenEmbeddings(), config);
  const existing = await HypervexStore.fromExistingIndex(new WrittenEmbeddings(), config);
  assert.equal((await existing.similaritySearch("1 1", 100)).length, 7);
  await assert.rejects(
    HypervexStore.fromExistingIndex(new WrittenEmbeddings(), { ...config, collectionName: "nowhere" }),
    NotFoundError,
  );
  await assert.rejects(
    new HypervexStore(new WrittenEmbeddings(), { ...config, collectionName: "nowhere" }).similaritySearch("1 1"),
    NotFoundError,
  );
});

test("stores that begin a collection together all succeed", async () => {
  const client = new Hypervex({ url: server.url });
  const stores = Array.from(
    { length: 4 },
    () => new HypervexStore(new WrittenEmbeddings(), { client, collectionName: "together" }),
  );
  await Promise.all(stores.map((store, n) => store.addDocuments([new Document({ pageContent: `${String(n)} 1` })])));
  assert.equal(await client.collection("together").count(), 4);
});

test("a named vector field", async () => {
  const store = storeOf({ vectors: { title: { metric: "l2" }, body: {} } }, "title");
  await store.addDocuments(compass);
  assert.deepEqual(
    (await store.similaritySearch("1 0.9", 2)).map((one) => one.id),
    ["north-east", "east"],
  );
  const byItself = storeOf(undefined, "text");
  await byItself.addDocuments(compass);
  assert.deepEqual(Object.keys((await byItself.collection.describe()).vectors ?? {}), ["text"]);
  assert.equal((await byItself.maxMarginalRelevanceSearch("0 1", { k: 1 }))[0]?.id, "north");
});

test("LangChain's own fake embeddings", async () => {
  const fake = await HypervexStore.fromTexts(["a", "b", "c"], {}, new FakeEmbeddings(), {
    url: server.url,
    collectionName: "fake",
  });
  const [first] = await fake.similaritySearchWithScore("d", 3);
  assert.ok(first !== undefined && Math.abs(first[1] - 1) < 1e-6);

  const synthetic = await HypervexStore.fromTexts(
    ["what is this", "something else", "a third"],
    {},
    new SyntheticEmbeddings({ vectorSize: 16 }),
    {
      url: server.url,
      collectionName: "synthetic",
      settings: { metric: "l2" },
    },
  );
  const found = await synthetic.similaritySearchWithScore("something else", 3);
  assert.deepEqual([found[0]?.[0].pageContent, found[0]?.[1]], ["something else", 1]);
});

test("retrievers, with filters, diversity and callbacks, and a chain around one", async () => {
  const store = storeOf();
  await store.addDocuments(compass);
  const retriever = store.asRetriever({ k: 1, filter: { axis: { $ne: "y" } } });
  assert.deepEqual(
    (await retriever.invoke("0 1")).map((one) => one.id),
    ["north-east"],
  );
  const listener = new Listener();
  await store.asRetriever(2).invoke("0 1", { callbacks: [listener] });
  assert.deepEqual(listener.seen, ["0 1", "1 1"]);
  const diverse = store.asRetriever({
    searchType: "mmr",
    k: 2,
    filter: { rank: { $lt: 4 } },
    searchKwargs: { lambda: 0, fetchK: 10 },
  });
  assert.deepEqual(
    (await diverse.invoke("0 1")).map((one) => one.id),
    ["north", "east"],
  );

  const chain = RunnableSequence.from([
    {
      context: retriever.pipe((documents: DocumentInterface[]) => textsOf(documents).join()),
      question: new RunnablePassthrough(),
    },
    ChatPromptTemplate.fromTemplate("{context} answers {question}"),
    new FakeListChatModel({ responses: ["fine"] }),
    new StringOutputParser(),
  ]);
  assert.equal(await chain.invoke("0 1"), "fine");
});

test("many documents, odd ids and metadata that is nested", async () => {
  const store = storeOf();
  const many = Array.from(
    { length: 2_000 },
    (_, n) =>
      new Document({
        id: `🌲/${String(n)}`,
        pageContent: `${String(n + 1)} 1`,
        metadata: { loc: { lines: { from: n, to: n + 1 } }, none: undefined, tags: ["ä"] },
      }),
  );
  assert.equal((await store.addDocuments(many)).length, 2_000);
  const [one] = await store.similaritySearch("1 1", 1);
  assert.deepEqual([one?.id, one?.metadata], ["🌲/0", { loc: { lines: { from: 0, to: 1 } }, tags: ["ä"] }]);
});

test("errors are those of the client", async () => {
  const store = storeOf();
  await store.addDocuments(compass);
  await assert.rejects(
    store.addDocuments([new Document({ pageContent: "1 2 3" })]),
    (error) => error instanceof ApiError && error.code === "dimension_mismatch",
  );
  await assert.rejects(
    store.addDocuments([new Document({ pageContent: "1 x" })]),
    (error) => error instanceof ApiError && error.code === "non_finite_vector" && error.requestId === undefined,
  );
});
