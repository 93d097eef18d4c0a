import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  ConnectionError,
  Hypervex,
  ImportError,
  NotFoundError,
  StorageFullError,
  type ImportProgress,
  type InvalidRecord,
} from "hypervex";
import { json, problem, ScriptedServer, TestServer } from "hypervex-testing";

let server: TestServer;
let client: Hypervex;

before(async () => {
  server = await TestServer.start();
  client = new Hypervex({ url: server.url });
});

after(() => server.stop());

interface Row {
  id: string;
  vector: number[];
  metadata: { n: number };
}

async function* rows(count: number, change: (row: Row) => void = () => undefined): AsyncGenerator<Row, void> {
  for (let n = 0; n < count; n++) {
    await setImmediate();
    const row = { id: `row ${String(n)}`, vector: [n, 1], metadata: { n } };
    change(row);
    yield row;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of items) {
    all.push(one);
  }

  return all;
}

test("what is imported is exported again, in order of creation", async () => {
  const records = await client.createCollection<{ n: number }>("there-and-back");
  const progress: ImportProgress[] = [];
  const done = await records.import(rows(2_500), { onProgress: (one) => progress.push(one) });
  assert.deepEqual(done, { imported: 2_500, invalid: 0, resumeFrom: 2_500 });
  assert.deepEqual(
    progress.map((one) => one.imported),
    [1_000, 2_000, 2_500],
  );

  const exported = await collect(records.export());
  assert.deepEqual(
    exported.map((one) => one.metadata.n),
    Array.from({ length: 2_500 }, (_, n) => n),
  );

  const copy = await client.createCollection<{ n: number }>("copy");
  assert.equal((await copy.import(records.export())).imported, 2_500);
  assert.deepEqual((await copy.get("row 7"))?.createdAt, exported[7]?.createdAt);

  const text = await new Response(await records.exportNdjson()).text();
  const third = await client.createCollection("third");
  assert.equal((await third.importNdjson(await copy.exportNdjson({ include: ["vector"] }))).imported, 2_500);
  assert.equal((await third.importNdjson(text)).imported, 2_500);
  assert.equal(await third.count(), 2_500);
});

test("requests are limited by bytes, and a line that is longer goes alone", async () => {
  const records = await client.createCollection("by-bytes");
  const done: number[] = [];
  await records.import(
    rows(40, (row) => Object.assign(row, { document: "ü".repeat(row.metadata.n === 20 ? 5_000 : 100) })),
    { batchBytes: 2_000, onProgress: ({ imported }) => done.push(imported) },
  );
  assert.ok(done.length >= 6, String(done));
  assert.ok(done.includes(20) && done.includes(21), String(done));
  assert.equal((await records.get("row 20"))?.document?.length, 5_000);
});

test("NDJSON is read from pieces that are cut anywhere, blank lines are passed over", async () => {
  const records = await client.createCollection("pieces");
  const bytes = new TextEncoder().encode(
    '{"vector_id": "🌲", "vector": [1]}\n\r\n\n{"vector_id": "b", "vector": [2]}\r\n{"vector_id": "ü", "vector": [3]}',
  );
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  const seen = await records.importNdjson(pieces);
  assert.deepEqual(seen, { imported: 3, invalid: 0, resumeFrom: 5 });
  assert.deepEqual((await records.getMany(["🌲", "b", "ü"], { include: [] })).missing, []);
});

test("the first bad record ends an import, which can go on behind it", async () => {
  const records = await client.createCollection("bad-records");
  const spoiled = (): AsyncGenerator<Row, void> =>
    rows(50, (row) => {
      row.vector = row.metadata.n === 13 ? [1, 2, 3] : row.metadata.n === 31 ? [NaN, 1] : row.vector;
    });
  const stop = async (skip: number): Promise<ImportError> => {
    try {
      await records.import(spoiled(), { skip, batchRecords: 20 });
    } catch (error) {
      assert.ok(error instanceof ImportError);
      return error;
    }

    throw new assert.AssertionError({ message: "the import did not stop" });
  };

  const first = await stop(0);
  assert.deepEqual([first.index, first.resumeFrom, first.imported, first.code], [13, 13, 13, "dimension_mismatch"]);
  assert.doesNotMatch(first.message, /Line/);
  assert.equal(await records.count(), 13);
  const second = await stop(first.resumeFrom + 1);
  assert.deepEqual([second.index, second.resumeFrom, second.imported, second.code], [31, 31, 17, "non_finite_vector"]);
  assert.deepEqual(await records.import(spoiled(), { skip: 32, batchRecords: 20 }), {
    imported: 18,
    invalid: 0,
    resumeFrom: 50,
  });
  assert.equal(await records.count(), 48);
});

test("with onInvalid bad records are told and passed over", async () => {
  const records = await client.createCollection("passed-over", { dimension: 2 });
  const invalid: InvalidRecord[] = [];
  const bad = [0, 1, 19, 20, 30, 49];
  const done = await records.import(
    rows(50, (row) => {
      row.vector = bad.includes(row.metadata.n) ? [row.metadata.n === 30 ? Infinity : 1] : row.vector;
    }),
    { batchRecords: 20, onInvalid: (one) => invalid.push(one) },
  );
  assert.deepEqual(done, { imported: 44, invalid: 6, resumeFrom: 50 });
  assert.deepEqual(
    invalid.map((one) => one.index),
    bad,
  );
  assert.deepEqual([...new Set(invalid.map((one) => one.code))], ["dimension_mismatch", "non_finite_vector"]);
  assert.ok(invalid.every((one) => !one.detail.startsWith("Line")));
  assert.equal(await records.count(), 44);
});

test("a failure that is no record's is not taken for one", async () => {
  await assert.rejects(client.collection("nowhere").import(rows(3), { onInvalid: () => assert.fail() }), (error) => {
    assert.ok(error instanceof ImportError && error.cause instanceof NotFoundError);
    assert.deepEqual([error.index, error.resumeFrom, error.imported], [undefined, 0, 0]);
    return true;
  });
  const small = await client.createCollection("small", { capacity: 25 });
  await assert.rejects(small.import(rows(40), { batchRecords: 10, onInvalid: () => assert.fail() }), (error) => {
    assert.ok(error instanceof ImportError && error.cause instanceof StorageFullError);
    assert.deepEqual(
      [error.index, error.resumeFrom, error.imported, error.code],
      [undefined, 25, 25, "capacity_exceeded"],
    );
    return true;
  });
});

test("an import survives the server's death: it goes on where it stopped", async () => {
  const mortal = await TestServer.start();
  try {
    const records = new Hypervex({ url: mortal.url, retries: 1 }).collection<{ n: number }>("mortal");
    await new Hypervex({ url: mortal.url }).createCollection("mortal");
    async function* killing(): AsyncGenerator<Row, void> {
      for await (const row of rows(100)) {
        if (row.metadata.n === 55) {
          await mortal.kill();
        }

        yield row;
      }
    }

    const stopped = await records.import(killing(), { batchRecords: 10 }).then(
      () => assert.fail("the server was dead"),
      (error: unknown) => error,
    );
    assert.ok(stopped instanceof ImportError && stopped.cause instanceof ConnectionError);
    assert.deepEqual(
      [stopped.resumeFrom, stopped.imported, stopped.index, stopped.code],
      [50, 50, undefined, "unreachable"],
    );
    await mortal.restart();
    assert.equal(await records.count(), 50);
    assert.deepEqual(await records.import(rows(100), { batchRecords: 10, skip: stopped.resumeFrom }), {
      imported: 50,
      invalid: 0,
      resumeFrom: 100,
    });
    assert.deepEqual(
      (await collect(records.export())).map((one) => one.metadata.n),
      Array.from({ length: 100 }, (_, n) => n),
    );
  } finally {
    await mortal.stop();
  }
});

test("an import whose answer is lost is sent again, and reads the source no further than it writes", async () => {
  let read = 0;
  const seen: number[] = [];
  const lossy = await ScriptedServer.start(
    (response) => response.socket?.destroy(),
    problem(503, "closed", { "retry-after": "0" }),
    json({ imported: 2, lines: 2 }),
  );
  try {
    const records = new Hypervex({ url: lossy.url }).collection("x");
    async function* counted(): AsyncGenerator<Row, void> {
      for await (const row of rows(6)) {
        read++;
        yield row;
      }
    }

    const done = await records.import(counted(), { batchRecords: 2, onProgress: () => seen.push(read) });
    assert.deepEqual([done.imported, lossy.requests.length], [6, 5]);
    assert.deepEqual(lossy.requests[0]?.body, lossy.requests[2]?.body);
    assert.deepEqual(seen, [3, 5, 6]);
  } finally {
    await lossy.stop();
  }
});

test("an import is aborted between and within requests, and lets go of its source", async () => {
  const records = await client.createCollection("aborted");
  const controller = new AbortController();
  let closed = false;
  async function* source(): AsyncGenerator<Row, void> {
    try {
      for await (const row of rows(1_000)) {
        if (row.metadata.n === 25) {
          controller.abort(new Error("enough"));
        }

        yield row;
      }
    } finally {
      closed = true;
    }
  }

  await assert.rejects(records.import(source(), { batchRecords: 10, signal: controller.signal }), {
    message: "enough",
  });
  assert.deepEqual([closed, await records.count()], [true, 20]);
});

test("leaving an export ends its request, and so does a signal", async () => {
  const closed: Promise<unknown>[] = [];
  const endless = await ScriptedServer.start((response) => {
    closed.push(once(response, "close"));
    const line = `${JSON.stringify({ vector_id: "a", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", version: "0" })}\n`;
    const write = (): void => {
      while (response.write(line.repeat(100)));
    };
    response.on("drain", write).on("error", () => undefined);
    write();
  });
  try {
    const records = new Hypervex({ url: endless.url }).collection("x");
    for await (const one of records.export()) {
      assert.equal(one.id, "a");
      break;
    }

    await closed[0];
    const controller = new AbortController();
    let count = 0;
    await assert.rejects(
      async () => {
        for await (const one of records.export({ signal: controller.signal })) {
          assert.equal(one.id, "a");
          if (++count === 1_000) {
            controller.abort(new Error("seen enough"));
          }
        }
      },
      { message: "seen enough" },
    );
    assert.ok(count >= 1_000);
    await closed[1];
  } finally {
    await endless.stop();
  }
});

test("an export that breaks off is an error and not a short export", async () => {
  const line = (id: string): string =>
    `${JSON.stringify({ vector_id: id, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", version: "0" })}\n`;
  const cut = await ScriptedServer.start(
    (response) => {
      response.write(line("a") + line("b"), () => response.socket?.destroy());
    },
    (response) => response.end(line("a") + line("b").slice(0, 10)),
    (response) => response.write(line("a")),
  );
  try {
    const records = new Hypervex({ url: cut.url }).collection("x");
    await assert.rejects(collect(records.export()), (error) => error instanceof ConnectionError && error.maybeSent);
    await assert.rejects(collect(records.export()), { name: "ConnectionError", message: /after 1 records/ });
    await assert.rejects(collect(records.export({ timeoutMs: 500 })), { name: "TimeoutError", message: /500 ms/ });
  } finally {
    await cut.stop();
  }
});

test("a real export is aborted in the middle, and the server goes on", async () => {
  const records = await client.createCollection("large", { dimension: 64 });
  await records.import(
    (function* () {
      for (let n = 0; n < 20_000; n++) {
        yield { id: String(n), vector: Array.from({ length: 64 }, (_, i) => Math.sin(n * 64 + i)) };
      }
    })(),
  );
  const controller = new AbortController();
  let count = 0;
  await assert.rejects(
    async () => {
      for await (const one of records.export({ signal: controller.signal })) {
        assert.equal(one.id, String(count));
        if (++count === 100) {
          controller.abort();
        }
      }
    },
    { name: "AbortError" },
  );
  assert.equal(await records.count(), 20_000);
});
