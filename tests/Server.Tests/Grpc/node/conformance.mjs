// Calls a Hypervex server with the gRPC library of Node, case by case.
//
// usage: node conformance.mjs HOST:PORT DIRECTORY-OF-PROTOS
// Prints one line per case: "NAME<tab>ok", or "NAME<tab>" and what was wrong.

import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import protobuf from "protobufjs";

const [address, protos] = process.argv.slice(2);
const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [protos] };
const files = ["hypervex/v1/records.proto", "hypervex/v1/search.proto", "hypervex/v1/collections.proto", "hypervex/v1/keys.proto", "hypervex/v1/errors.proto", "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto"];
const definition = loader.loadSync(files, options);
const packages = grpc.loadPackageDefinition(definition);
const { v1 } = packages.hypervex;
const insecure = grpc.credentials.createInsecure();
const open = (Service, more = {}) => new Service(address, insecure, more);

const records = open(v1.Records);
const search = open(v1.Search);
const collections = open(v1.Collections);
const keys = open(v1.Keys);
const health = open(packages.grpc.health.v1.Health);
const reflection = open(packages.grpc.reflection.v1.ServerReflection);

const WAIT_MS = 60_000; // only a call that hangs takes that long
const patient = (ms = WAIT_MS) => ({ deadline: Date.now() + ms });

// One message each way.
const call = (client, method, request, { metadata = new grpc.Metadata(), ...more } = {}) =>
  new Promise((resolve, reject) => client[method](request, metadata, { ...patient(), ...more }, (error, answer) => (error ? reject(error) : resolve(answer))));

const all = async (stream) => {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
};

// What stands in a trailer is no message of a method.
const root = new protobuf.Root();
root.resolvePath = (_, file) => (file.startsWith("google/protobuf/") ? new URL(`./node_modules/protobufjs/${file}`, import.meta.url).pathname : `${protos}/${file}`);
root.loadSync("hypervex/v1/errors.proto");
const decode = (type, bytes) => root.lookupType(type).decode(bytes);

const fails = async (promise, status, code) => {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }

  assert.ok(error, "the call succeeded");
  assert.equal(error.code, status, `${error.code} ${error.details}`);
  assert.deepEqual(error.metadata.get("hypervex-code"), [code], error.details);
  const details = decode("hypervex.v1.ErrorStatus", error.metadata.get("grpc-status-details-bin")[0]);
  assert.equal(details.code, status);
  assert.equal(details.message, error.details);
  assert.match(details.details[0].typeUrl ?? details.details[0].type_url, /hypervex\.v1\.ErrorDetails$/);
  assert.equal(decode("hypervex.v1.ErrorDetails", details.details[0].value).code, code);
  return error;
};

const vector = (...values) => ({ values });
const value = (v) =>
  v === null ? { null: true }
  : typeof v === "boolean" ? { boolean: v }
  : typeof v === "bigint" ? { integer: v.toString() }
  : typeof v === "number" ? (Number.isInteger(v) ? { integer: v } : { number: v })
  : typeof v === "string" ? { text: v }
  : Array.isArray(v) ? { list: { items: v.map(value) } }
  : { object: { fields: fields(v) } };
const fields = (object) => Object.fromEntries(Object.entries(object).map(([k, v]) => [k, value(v)]));
const record = (vector_id, values, metadata = {}) => ({ vector_id, vector: vector(...values), metadata: { fields: fields(metadata) } });
const query = (values, more = {}) => ({ search: { query_vector: vector(...values), ...more } });

const cases = {
  async unary_call() {
    const written = await call(records, "Insert", { record: record("oak", [0.5, 0.25], { kind: "tree", big: 2n ** 53n + 1n }) });
    assert.equal(written.created, true);
    assert.match(written.version, /^[0-9a-f]{32}$/);
    const found = await call(records, "Get", { vector_id: "oak" });
    assert.deepEqual(found.vector.values, [0.5, 0.25]);
    assert.equal(found.metadata.fields.big.integer, "9007199254740993");
    assert.deepEqual(found.created_at, written.created_at);
  },

  async raw_vectors_both_ways() {
    const raw = Buffer.from(new Float32Array([0.5, -0.25]).buffer);
    await call(records, "Upsert", { record: { vector_id: "raw", vector: { raw } } });
    const found = await call(records, "Get", { vector_id: "raw", include: { vector: true, vector_form: "VECTOR_FORM_RAW" } });
    assert.deepEqual(found.vector.raw, raw);
    await call(records, "Delete", { vector_id: "raw" });
  },

  async statuses_and_details() {
    await fails(call(records, "Get", { vector_id: "yak" }), grpc.status.NOT_FOUND, "not_found");
    await fails(call(records, "Insert", { record: record("oak", [1, 1]) }), grpc.status.ALREADY_EXISTS, "already_exists");
    await fails(call(records, "Insert", { record: record("x", [1, 1, 1]) }), grpc.status.INVALID_ARGUMENT, "dimension_mismatch");
    await fails(call(records, "Insert", { record: record("x", [NaN, 1]) }), grpc.status.INVALID_ARGUMENT, "non_finite_vector");
    await fails(call(records, "Update", { vector_id: "oak", document: "x", if_version: "0".repeat(32) }), grpc.status.ABORTED, "version_mismatch");
    await fails(call(records, "Count", { collection: "nowhere" }), grpc.status.NOT_FOUND, "collection_not_found");
    const error = await fails(call(records, "Get", { vector_id: "Zoë 100%\n" }), grpc.status.NOT_FOUND, "not_found");
    assert.match(error.details, /Zoë 100%/);
  },

  async method_that_is_not_served() {
    const Stranger = grpc.makeGenericClientConstructor({ Fly: { ...definition["hypervex.v1.Records"].Count, path: "/hypervex.v1.Records/Fly" } }, "Stranger");
    await fails(call(open(Stranger), "Fly", {}), grpc.status.UNIMPLEMENTED, "route_not_found");
  },

  async client_stream() {
    const answer = await new Promise((resolve, reject) => {
      const stream = records.Import(new grpc.Metadata(), patient(), (error, message) => (error ? reject(error) : resolve(message)));
      for (let start = 0; start < 300; start += 100) stream.write({ records: Array.from({ length: 100 }, (_, i) => record(`i${start + i}`, [1, start + i + 1], { batch: start })) });
      stream.end();
    });
    assert.equal(answer.imported, "300");
    assert.equal((await call(records, "Count", { filter: '{"batch": {"$exists": true}}' })).count, "300");
  },

  async client_stream_stops_at_a_bad_batch() {
    await fails(
      new Promise((resolve, reject) => {
        const stream = records.Import(new grpc.Metadata(), patient(), (error, message) => (error ? reject(error) : resolve(message)));
        stream.on("error", () => {});
        for (const batch of [record("good", [1, 1]), record("bad", [1]), record("late", [1, 1])]) stream.write({ records: [batch] });
        stream.end();
      }),
      grpc.status.INVALID_ARGUMENT,
      "dimension_mismatch",
    );
    assert.deepEqual((await call(records, "GetBatch", { vector_ids: ["good", "bad", "late"] })).missing, ["bad", "late"]);
    await call(records, "Delete", { vector_id: "good" });
  },

  async server_stream() {
    const pages = await all(records.Export({ include: { metadata: true } }, patient()));
    const ids = pages.flatMap((page) => page.records.map((each) => each.vector_id));
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(String(ids.length), (await call(records, "Count", {})).count);
  },

  async duplex() {
    const stream = records.UpsertStream(new grpc.Metadata(), patient());
    for (let tag = 0; tag < 5; tag++) {
      stream.write({ tag, records: [record(`s${tag}`, [1, tag + 1]), record("same", [1, tag + 1])] });
      const answer = await new Promise((resolve, reject) => stream.once("data", resolve).once("error", reject)); // before the next batch is sent
      assert.equal(answer.tag, String(tag));
      assert.deepEqual(answer.vector_ids, [`s${tag}`, "same"]);
    }

    stream.end();
    const status = await new Promise((resolve) => stream.on("status", resolve).resume());
    assert.equal(status.code, grpc.status.OK);
  },

  async duplex_ends_with_the_error_of_a_batch() {
    const stream = records.UpsertStream(new grpc.Metadata(), patient());
    stream.write({ tag: 1, records: [record("s9", [1, 1])] });
    stream.write({ tag: 2, records: [record("s10", [1])] });
    const tags = [];
    await fails((async () => { for await (const answer of stream) tags.push(answer.tag); })(), grpc.status.INVALID_ARGUMENT, "dimension_mismatch");
    assert.deepEqual(tags, ["1"]);
  },

  async searches() {
    const found = await call(search, "Search", query([1, 0.5], { top_k: 1, filter: '{"kind": "tree"}' }));
    assert.deepEqual(found.results.map((hit) => hit.vector_id), ["oak"]);
    assert.equal(found.results[0].metadata.fields.kind.text, "tree");
    await fails(call(search, "Search", query([1, 0], { top_k: 0 })), grpc.status.INVALID_ARGUMENT, "limit_out_of_range");
    const several = { searches: [query([1, 0], { top_k: 1 }).search, query([0, 1], { top_k: 2 }).search] };
    const batch = (await call(search, "SearchBatch", several)).results;
    assert.deepEqual(batch.map((each) => each.results.length), [1, 2]);
    assert.deepEqual(await all(search.SearchBatchStream(several, patient())), batch);
  },

  async deadline() {
    const stream = records.UpsertStream(new grpc.Metadata(), patient(300));
    stream.write({ records: [record("s11", [1, 1])] });
    await assert.rejects(all(stream), (error) => error.code === grpc.status.DEADLINE_EXCEEDED);
  },

  async cancel() {
    const stream = health.Watch({}, patient());
    const first = await new Promise((resolve) => stream.once("data", resolve));
    assert.equal(first.status, "SERVING");
    stream.cancel();
    await assert.rejects(all(stream), (error) => error.code === grpc.status.CANCELLED);
    assert.equal((await call(health, "Check", {})).status, "SERVING");
  },

  async oversize() {
    const large = { record: { vector_id: "large", document: "x".repeat(33 << 20), vector: vector(1, 1) } };
    await fails(call(open(v1.Records, { "grpc.max_send_message_length": -1 }), "Upsert", large), grpc.status.RESOURCE_EXHAUSTED, "body_too_large");
    assert.equal((await call(health, "Check", {})).status, "SERVING");
  },

  async bad_protobuf() {
    const { Get } = definition["hypervex.v1.Records"];
    const Garbage = grpc.makeGenericClientConstructor({ Get: { ...Get, requestSerialize: (bytes) => bytes } }, "Garbage");
    await fails(call(open(Garbage), "Get", Buffer.from([0xff, 0xff, 0xff])), grpc.status.INTERNAL, "bad_request");
    await fails(call(open(Garbage), "Get", Buffer.from([0x12, 0x02, 0xc3, 0x28])), grpc.status.INTERNAL, "bad_request");
  },

  async compression() {
    const compressed = open(v1.Records, { "grpc.default_compression_algorithm": 2 });
    const page = await call(compressed, "List", { limit: 200 });
    assert.equal(page.records.length, 200);
    const batch = { records: Array.from({ length: 500 }, (_, i) => record(`z${i}`, [1, i + 1])) };
    assert.equal((await call(compressed, "UpsertBatch", batch)).upserted, 500);
    await fails(call(open(v1.Records, { "grpc.default_compression_algorithm": 1 }), "UpsertBatch", batch), grpc.status.UNIMPLEMENTED, "bad_request");
  },

  async metadata_both_ways() {
    const metadata = new grpc.Metadata();
    metadata.set("x-request-id", "node-1");
    const headers = await new Promise((resolve, reject) => {
      const unary = records.Count({}, metadata, patient(), (error) => error && reject(error));
      unary.on("metadata", resolve);
    });
    assert.deepEqual(headers.get("x-request-id"), ["node-1"]);
  },

  async collections_and_statistics() {
    const created = await call(collections, "Create", { name: "docs", vectors: { "": { dimension: 3, metric: "l2", index: { m: 8 } } }, field_indexes: { lang: "keyword" } });
    assert.equal(created.vectors[""].index.m, 8);
    await fails(call(collections, "Create", { name: "docs" }), grpc.status.ALREADY_EXISTS, "collection_exists");
    assert.deepEqual((await call(collections, "List", {})).names.sort(), ["default", "docs"]);
    assert.equal((await call(collections, "CreateFieldIndex", { collection: "docs", field: "year", type: "integer" })).type, "integer");
    assert.equal((await call(records, "GetStats", { collection: "docs" })).fields[0].metric, "l2");
    await call(collections, "Drop", { name: "docs" });
    await fails(call(collections, "Describe", { name: "docs" }), grpc.status.NOT_FOUND, "collection_not_found");
    await fails(call(keys, "Create", { name: "k", scope: "read" }), grpc.status.INVALID_ARGUMENT, "invalid_argument"); // the first one has to rule
  },

  async reflection_lists_the_services() {
    const stream = reflection.ServerReflectionInfo(patient());
    stream.write({ list_services: "" });
    const answer = await new Promise((resolve, reject) => stream.once("data", resolve).once("error", reject));
    assert.ok(answer.list_services_response.service.some((each) => each.name === "hypervex.v1.Records"));
    stream.end();
  },

  async watch_goes_on_from_its_position() {
    const stream = records.Watch({ from_now: true, include: { metadata: true } }, patient());
    const messages = stream[Symbol.asyncIterator]();
    const { position } = (await messages.next()).value;
    await call(records, "Upsert", { record: record("seen", [1, 2], { n: 1 }) });
    await call(records, "Delete", { vector_id: "seen" });
    const told = [];
    while (told.length < 2) told.push(...(await messages.next()).value.changes);
    stream.on("error", () => {}).cancel();
    assert.deepEqual(told.map((each) => [each.change, (each.upserted ?? each.deleted).vector_id]), [["upserted", "seen"], ["deleted", "seen"]]);
    const again = records.Watch({ position }, patient());
    const changes = (await again[Symbol.asyncIterator]().next()).value.changes;
    again.on("error", () => {}).cancel();
    assert.equal(changes[0].upserted.vector_id, "seen");
    await fails(all(records.Watch({ position: "p1-1-1-0" }, patient())), grpc.status.OUT_OF_RANGE, "position_expired");
    await fails(all(records.Watch({ position: "nonsense" }, patient())), grpc.status.INVALID_ARGUMENT, "invalid_argument");
  },

  async many_calls_at_once() {
    const found = await Promise.all(Array.from({ length: 200 }, (_, i) => call(search, "Search", query([1, 0.1 * i], { top_k: 5 }))));
    assert.ok(found.every((each) => each.results.length === 5));
  },
};

for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
    console.log(`${name}\tok`);
  } catch (error) {
    console.log(`${name}\t${String(error.stack ?? error).split("\n").slice(0, 3).join(" ").replaceAll(/\s+/g, " ")}`);
  }
}

process.exit(0); // streams that were left open do not hold it up
