import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADDRESS_IN_EXAMPLES, Consumer, readProgram, TestServer } from "hypervex-testing";

let server: TestServer;
let consumer: Consumer;

before(async () => {
  [server, consumer] = await Promise.all([TestServer.start(), Consumer.create(["typescript"])]);
});

after(async () => {
  await Promise.all([server.stop(), consumer.remove()]);
});

const useIt = (collection: string): string => `
const client = new Hypervex({ url: process.argv[2] });
client.createCollection("${collection}")
  .then((books) => books.upsert({ id: "dune", vector: [1, 2] }).then(() => books.search({ vector: [1, 2] })))
  .then(({ results }) => console.log(results[0].id));
`;

test("the package has what it needs and nothing else", async () => {
  const manifest = JSON.parse(await consumer.read("node_modules/hypervex/package.json")) as Record<string, unknown>;
  assert.equal(manifest["dependencies"], undefined);
  const { output } = await consumer.node(
    "-e",
    "console.log(require('fs').readdirSync('node_modules/hypervex').sort().join())",
  );
  assert.equal(output.trim(), "LICENSE,README.md,dist,package.json");
  const installed = await consumer.node(
    "-e",
    "console.log(require('fs').readdirSync('node_modules').filter((name) => !name.startsWith('.')).join())",
  );
  assert.equal(installed.output.trim(), "hypervex");
});

test("it is imported as an ES module", async () => {
  await consumer.write("use.mjs", `import { Hypervex } from "hypervex";${useIt("esm")}`);
  assert.deepEqual(await consumer.node("use.mjs", server.url), { output: "dune\n", errors: "", exitCode: 0 });
});

test("it is required as CommonJS", async () => {
  await consumer.write("use.cjs", `const { Hypervex } = require("hypervex");${useIt("cjs")}`);
  assert.deepEqual(await consumer.node("use.cjs", server.url), { output: "dune\n", errors: "", exitCode: 0 });
});

test("errors of both copies in one program are known by the classes of either", async () => {
  await consumer.write(
    "both.mjs",
    `import { createRequire } from "node:module";
     import * as esm from "hypervex";
     const cjs = createRequire(import.meta.url)("hypervex");
     const error = await new cjs.Hypervex({ url: process.argv[2] }).collection("none").count().catch((error) => error);
     console.log(esm === cjs, error.constructor === esm.NotFoundError, error instanceof esm.NotFoundError, error instanceof esm.ApiError, error instanceof esm.ConflictError);`,
  );
  assert.equal((await consumer.node("both.mjs", server.url)).output, "false false true true false\n");
});

const typed = `
import { Hypervex, type Collection, type Filter } from "hypervex";
interface Book { year: number }
const books: Collection<Book> = new Hypervex({ url: "http://127.0.0.1:1" }).collection<Book>("books");
const filter: Filter<Book> = { year: { $gte: 2000 } };
export const years: Promise<number[]> = books.search({ vector: [1], filter }).then(({ results }) => results.map((hit) => hit.metadata.year));
`;

for (const [name, file, module, resolution] of [
  ["node16, as an ES module", "typed.mts", "node16", "node16"],
  ["node16, as CommonJS", "typed.cts", "node16", "node16"],
  ["bundler", "typed.ts", "esnext", "bundler"],
] as const) {
  test(`its types are found with the module resolution ${name}`, async () => {
    await consumer.write(file, typed);
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", module];
    const run = await consumer.tsc(...flags, "--moduleResolution", resolution, file);
    assert.deepEqual([run.exitCode, run.output], [0, ""]);
  });
}

for (const [page, file] of [
  ["../README.md", "readme"],
  ["typescript.md", "page"],
] as const) {
  test(`the program of docs/${page} does what the page says`, async () => {
    const { source, output } = await readProgram(page, "ts");
    assert.ok(source.includes("createCollection"));

    // Each page begins with an empty server; what the README prints belongs to its C#.
    const program = source.replaceAll(ADDRESS_IN_EXAMPLES, server.url).replaceAll('"books"', `"books-${file}"`);
    await consumer.write(`${file}.mts`, program);
    const flags = ["--strict", "--target", "es2022", "--lib", "es2023,dom", "--module", "node16"];
    const compiled = await consumer.tsc(...flags, `${file}.mts`);
    assert.deepEqual([compiled.exitCode, compiled.output], [0, ""]);
    const expected = page === "typescript.md" ? output : "";
    assert.deepEqual(await consumer.node(`${file}.mjs`), { output: expected, errors: "", exitCode: 0 });
  });
}
