import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { repository, ScriptedServer } from "hypervex-testing";

// Much more than the heap that the program gets.
const RECORDS = 3_000;
const DOCUMENT = "x".repeat(16 * 1024);
const HEAP_MB = 32;

const exporting = `
  const kept = [];
  for await (const one of records.export()) { if (process.argv.at(-1) === "keep") kept.push([...one.document]); count++; }`;
const importing = `
  const made = function* () { for (let n = 0; n < ${String(RECORDS)}; n++) { count++; yield { vector: [n], document: "x".repeat(16 * 1024) + n }; } };
  await records.import(process.argv.at(-1) === "keep" ? [...made()].map((one) => ({ ...one, document: [...one.document] })) : made());`;

/** Runs a program with a small heap; its output, or what ended it. */
function run(url: string, body: string, mode: "keep" | "stream"): Promise<string> {
  const source = `
    import { Hypervex } from ${JSON.stringify(join(repository, "sdk/typescript/dist/esm/index.js"))};
    const records = new Hypervex({ url: ${JSON.stringify(url)} }).collection("x");
    let count = 0;
    ${body}
    console.log(count);`;
  return new Promise((resolve) => {
    const args = [`--max-old-space-size=${String(HEAP_MB)}`, "--input-type=module", "-e", source, "--", mode];
    execFile(process.execPath, args, (error, output, errors) => {
      resolve(error === null ? output.trim() : errors.includes("heap out of memory") ? "out of memory" : errors);
    });
  });
}

test("an export of any size takes little memory, and one that is kept does not fit", async () => {
  const line = `${JSON.stringify({ vector_id: "a", document: DOCUMENT, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", version: "0" })}\n`;
  const server = await ScriptedServer.start((response) => {
    let left = RECORDS;
    const write = (): void => {
      while (left > 0) {
        left--;
        if (!response.write(line)) return;
      }

      response.end();
    };
    response.on("drain", write).on("error", () => undefined);
    write();
  });
  try {
    assert.equal(await run(server.url, exporting, "stream"), String(RECORDS));
    assert.equal(await run(server.url, exporting, "keep"), "out of memory");
  } finally {
    await server.stop();
  }
});

test("an import of any size takes little memory, and a source that is kept does not fit", async () => {
  const server = await ScriptedServer.start((response, { body }) => {
    response.end(JSON.stringify({ imported: body.split("\n").length - 1 }));
  });
  try {
    assert.equal(await run(server.url, importing, "stream"), String(RECORDS));
    assert.equal(await run(server.url, importing, "keep"), "out of memory");
  } finally {
    await server.stop();
  }
});
