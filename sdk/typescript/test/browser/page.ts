// Runs in a web page, served by browser.test.ts; what it finds goes back there as a report.
import { ConflictError, ConnectionError, Hypervex, NotFoundError, RateLimitError } from "hypervex";

const url = new URLSearchParams(location.search).get("server") ?? "";
const client = new Hypervex({ url });
const report: Record<string, string> = {};

function same(actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) {
    throw new Error(`expected ${right}, found ${left}`);
  }
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function check(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    report[name] = "";
  } catch (error) {
    report[name] = String(error);
  }
}

await check("records are written and read, ids of every kind among them", async () => {
  const records = await client.createCollection<{ n: bigint | number }>("page");
  const ids = ["a/b", "100%", "🌲", "ü"];
  await records.upsert(ids.map((id, n) => ({ id, vector: new Float32Array([n, 1]), metadata: { n } })));
  for (const id of ids) {
    same((await records.update(id, { metadata: { n: 9007199254740993n } })).id, id);
    same(String((await records.get(id))?.metadata.n), "9007199254740993");
  }
});

await check("searches with filters", async () => {
  const { results } = await client.collection("page").search({ vector: [0, 1], topK: 2, filter: { n: { $gte: 5 } } });
  same(
    results.map((hit) => hit.id),
    ["a/b", "100%"],
  );
});

await check("Float32Arrays come back", async () => {
  const read = await client.collection("page", { vectors: "float32" }).get("100%");
  same([read?.vector instanceof Float32Array, read?.vector?.[0]], [true, 1]);
});

await check("errors cross the border of origins with their codes", async () => {
  const missing = await failure(client.collection("page").update("none", {}));
  same([missing instanceof NotFoundError, (missing as NotFoundError).code], [true, "not_found"]);
  same(typeof (missing as NotFoundError).requestId, "string");
  same((await failure(client.createCollection("page"))) instanceof ConflictError, true);
});

await check("imports and exports", async () => {
  const records = await client.createCollection<{ n: number }>("transfer");
  const rows = Array.from({ length: 2_500 }, (_, n) => ({ id: String(n), vector: [n, 1], metadata: { n } }));
  same(await records.import(rows), { imported: 2_500, invalid: 0, resumeFrom: 2_500 });
  let count = 0;
  for await (const one of records.export()) {
    same(one.metadata.n, count++);
  }

  same(count, 2_500);
  same((await records.importNdjson(await records.exportNdjson())).imported, 2_500);
});

await check("leaves an export in the middle", async () => {
  for await (const one of client.collection<{ n: number }>("transfer").export()) {
    same(one.metadata.n, 0);
    break;
  }

  same(await client.collection("transfer").count(), 2_500);
});

await check("conditions on versions", async () => {
  const records = client.collection("page");
  const { version } = await records.update("ü", { document: "1" });
  await records.update("ü", { document: "2" }, { ifVersion: version });
  same(((await failure(records.delete("ü", { ifVersion: version }))) as { status?: number }).status, 412);
  same(await records.delete("ü"), true);
});

await check("is aborted", async () => {
  const controller = new AbortController();
  const call = client.collection("page").count({}, { signal: controller.signal });
  controller.abort(new Error("left the page"));
  same(((await failure(call)) as Error).message, "left the page");
});

await check("a server that is not there is a ConnectionError", async () => {
  const error = await failure(new Hypervex({ url: "http://127.0.0.1:9", retries: 0 }).health());
  same(error instanceof ConnectionError, true);
  same(error instanceof RateLimitError, false);
});

await fetch("/report", { method: "POST", body: JSON.stringify(report) });
