import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ADDRESS_IN_EXAMPLES, Consumer, readProgram, repository, TestServer } from "hypervex-testing";

let server: TestServer;
let consumer: Consumer;

before(async () => {
  [server, consumer] = await Promise.all([
    TestServer.start(),
    Consumer.create(["typescript", "langchain-js"], ["@langchain/core"]),
  ]);
});

after(async () => {
  await Promise.all([server.stop(), consumer.remove()]);
});

test("it is imported as an ES module and required as CommonJS", async () => {
  const use = (collection: string): string => `
    HypervexStore.fromTexts(["a", "b"], {}, new FakeEmbeddings(), { url: process.argv[2], collectionName: "${collection}" })
      .then((store) => store.similaritySearch("c", 5))
      .then((documents) => console.log(documents.length));`;
  await consumer.write(
    "use.mjs",
    `import { HypervexStore } from "@hypervex/langchain"; import { FakeEmbeddings } from "@langchain/core/utils/testing";${use("esm")}`,
  );
  await consumer.write(
    "use.cjs",
    `const { HypervexStore } = require("@hypervex/langchain"); const { FakeEmbeddings } = require("@langchain/core/utils/testing");${use("cjs")}`,
  );
  assert.deepEqual(await consumer.node("use.mjs", server.url), { output: "2\n", errors: "", exitCode: 0 });
  assert.deepEqual(await consumer.node("use.cjs", server.url), { output: "2\n", errors: "", exitCode: 0 });
});

test("the page of the documentation is true", async () => {
  const { source, output } = await readProgram("langchain.md", "ts");
  assert.ok(source.includes("HypervexStore") && output.includes("oak"));
  await consumer.write("page.mts", source.replaceAll(ADDRESS_IN_EXAMPLES, server.url));
  const flags = ["--strict", "--target", "es2022", "--lib", "es2023,dom", "--skipLibCheck", "--module", "node16"];
  const compiled = await consumer.tsc(...flags, "page.mts");
  assert.deepEqual([compiled.exitCode, compiled.output], [0, ""]);
  assert.deepEqual(await consumer.node("page.mjs"), { output, errors: "", exitCode: 0 });
});

test("the example answers questions from documents", async () => {
  await consumer.write("rag.mjs", await readFile(join(repository, "examples/langchain/rag.mjs"), "utf8"));
  const { output, errors, exitCode } = await consumer.node("rag.mjs", server.url);
  assert.deepEqual([errors, exitCode], ["", 0]);
  assert.deepEqual(output.split("\n").slice(0, 2), [
    "Where do backups go? Snapshots are backups: download them to another machine. -- backup",
    "Which metric is for text? Cosine is the metric for embeddings of text. -- metric",
  ]);
  assert.match(output, /^Among what is about operating: (backup|alias)$/m);
});
