import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Hypervex } from "hypervex";
import { repository } from "hypervex-testing";

// Routes of docs/rest.md that this package leaves out, each with its reason.
const LEFT_OUT = new Map([
  ["GET /vectors/{id}", "POST /vectors/get reaches every id"],
  ["GET /metrics", "Prometheus asks for it"],
  ["GET /openapi", "it describes REST"],
  ["GET /openapi/v1.json", "it describes REST"],
]);

const answer = {
  vectors: [],
  missing: [],
  results: [],
  groups: [],
  values: [],
  collections: [],
  keys: [],
  aliases: [],
  jobs: [],
  snapshots: [],
  field_indexes: [],
  vector_ids: [],
  next_cursor: null,
};

/** Every call of the package, once. */
async function callAll(client: Hypervex): Promise<void> {
  const records = client.collection("C");
  await records.create({ vector: [1] });
  await records.upsert({ vector: [1] });
  await records.get("ID");
  await records.update("ID", {});
  await records.updateWhere({}, { a: 1 });
  await records.delete("ID");
  await records.delete("ID", { ifVersion: "v" });
  await records.count();
  await records.facets("f");
  await records.sample();
  await records.list();
  await records.search({ vector: [1] });
  await records.searchMany([{ vector: [1] }]);
  await records.stats();
  await records.import([{ vector: [1] }]);
  await records.exportNdjson();
  await records.describe();
  await records.createFieldIndex("FIELD", "keyword");
  await records.listFieldIndexes();
  await records.dropFieldIndex("FIELD");
  await records.alter({ ef: 5 });
  await records.compact();
  await records.checkpoint();
  await records.snapshots.create();
  await records.snapshots.list();
  await records.snapshots.download("SNAPSHOT");
  await records.snapshots.upload("SNAPSHOT", new Uint8Array());
  await records.snapshots.restore("SNAPSHOT");
  await records.snapshots.delete("SNAPSHOT");
  await records.drop();
  await client.createCollection("C");
  await client.listCollections();
  await client.health();
  await client.isLive();
  await client.isReady();
  await client.aliases.list();
  await client.aliases.set("ALIAS", "C");
  await client.aliases.change({ ALIAS: null });
  await client.aliases.drop("ALIAS");
  await client.jobs.list();
  await client.jobs.get("JOB");
  await client.jobs.wait("JOB");
  await client.jobs.cancel("JOB");
  await client.keys.create({ name: "n", scope: "read" });
  await client.keys.list();
  await client.keys.rotate("KEY");
  await client.keys.revoke("KEY");
}

/** The routes of the table: "`POST`, `GET /collections`" are two, and so are "`POST /vectors/get`, `/delete`". */
function routesOf(page: string): string[] {
  const routes: string[] = [];
  const table = /^\| method and path .*?\n\n/ms.exec(page)?.[0] ?? "";
  for (const [, cell = ""] of table.matchAll(/^\| (`[^|]*) \|/gm)) {
    let methods: string[] = [];
    let folder = "";
    let isComplete = false;
    for (const [, method = "", path = ""] of cell.matchAll(/`([A-Z]*) ?([^`]*)`/g)) {
      if (method !== "") {
        methods = isComplete ? [method] : [...methods, method];
        folder = "";
      }

      isComplete = path !== "";
      if (isComplete) {
        const full = folder + path.replace("...", "/collections/{name}");
        routes.push(...methods.map((one) => `${one} ${full}`));
        folder = full.slice(0, full.lastIndexOf("/"));
      }
    }
  }

  return routes;
}

test("there is a call for every route that docs/rest.md lists", async () => {
  const sent = new Set<string>();
  const client = new Hypervex({
    url: "http://127.0.0.1:1",
    fetch: (url, init) => {
      const path = new URL(url as string).pathname
        .replace("/api/v1", "")
        .replace("/collections/C/vectors", "/vectors")
        .replace("/C", "/{name}")
        .replace("/ID", "/{id}")
        .replace("/KEY", "/{id}")
        .replace("/JOB", "/{id}")
        .replace("/ALIAS", "/{alias}")
        .replace("/SNAPSHOT", "/{snapshot}")
        .replace("/FIELD", "/{field}");
      sent.add(`${init?.method ?? "GET"} ${path}`);
      return Promise.resolve(new Response(JSON.stringify(answer)));
    },
  });
  await callAll(client);
  const listed = routesOf(await readFile(join(repository, "docs/rest.md"), "utf8"));
  assert.ok(
    listed.length >= 30 && listed.includes("POST /vectors/delete") && listed.includes("GET /readyz"),
    listed.join("\n"),
  );
  assert.deepEqual(
    listed.filter((route) => !sent.has(route) && !LEFT_OUT.has(route)),
    [],
    "Give the client a call for these, or name them in LEFT_OUT with the reason.",
  );
  assert.deepEqual(
    [...sent].filter((route) => !listed.includes(route)),
    [],
  );
});
