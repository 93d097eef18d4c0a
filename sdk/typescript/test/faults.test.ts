import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import {
  ApiError,
  ConnectionError,
  Hypervex,
  HypervexError,
  PayloadTooLargeError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnavailableError,
  ValidationError,
} from "hypervex";
import { hangUp, json, problem, ScriptedServer, silence, TestServer, type Answering } from "hypervex-testing";

async function withScript(
  answers: readonly Answering[],
  use: (client: Hypervex, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const server = await ScriptedServer.start(...answers);
  try {
    await use(new Hypervex({ url: server.url }), server);
  } finally {
    await server.stop();
  }
}

const counted = json({ count: 5 });
const written = json({ upserted: 1, vector_ids: ["a"] });
const now = { "retry-after": "0" };

test("429 and 503 are tried again, for writes too", () =>
  withScript([problem(429, "overloaded", now), problem(503, "opening", now), written], async (client, server) => {
    assert.equal((await client.collection("x").upsert({ id: "a", vector: [1] })).upserted, 1);
    assert.equal(server.requests.length, 3);
  }));

test("after the last try the error says what the server said", () =>
  withScript([problem(429, "overloaded", { "retry-after": "0", "x-request-id": "r1" })], async (client, server) => {
    await assert.rejects(client.collection("x").count({}, { retries: 2 }), (error) => {
      assert.ok(
        error instanceof RateLimitError &&
          error instanceof ApiError &&
          error instanceof HypervexError &&
          error instanceof Error,
      );
      assert.ok(!(error instanceof UnavailableError));
      assert.deepEqual(
        [error.status, error.code, error.retryAfterSeconds, error.requestId, error.message, error.name],
        [429, "overloaded", 0, "r1", "told overloaded", "RateLimitError"],
      );
      return true;
    });
    assert.equal(server.requests.length, 3);
  }));

test("a wait that the time limit does not allow is not begun", () =>
  withScript([problem(503, "opening", { "retry-after": "3600" })], async (client, server) => {
    await assert.rejects(
      client.collection("x").count(),
      (error) => error instanceof UnavailableError && error.retryAfterSeconds === 3600,
    );
    assert.equal(server.requests.length, 1);
  }));

test("what lasts, what is wrong and what failed inside are not tried again", async () => {
  for (const [status, code] of [
    [503, "log_failed"],
    [503, "locked"],
    [503, "storage_unavailable"],
    [400, "invalid_json"],
    [500, "internal_error"],
    [504, "timeout"],
    [507, "disk_full"],
  ] as const) {
    await withScript([problem(status, code, now)], async (client, server) => {
      await assert.rejects(client.collection("x").count(), { status, code });
      assert.equal(server.requests.length, 1, code);
    });
  }
});

test("a broken connection is tried again for reads and never for writes", async () => {
  await withScript([hangUp, hangUp, counted], async (client, server) => {
    assert.equal(await client.collection("x").count(), 5);
    assert.equal(server.requests.length, 3);
  });
  for (const write of [
    (client: Hypervex) => client.collection("x").upsert({ id: "a", vector: [1] }),
    (client: Hypervex) => client.collection("x").create({ vector: [1] }),
    (client: Hypervex) => client.collection("x").update("a", {}),
    (client: Hypervex) => client.collection("x").delete("a"),
    (client: Hypervex) => client.collection("x").deleteWhere({}),
    (client: Hypervex) => client.collection("x").updateWhere({}, { a: 1 }),
    (client: Hypervex) => client.collection("x").drop(),
    (client: Hypervex) => client.createCollection("x"),
    (client: Hypervex) => client.keys.create({ name: "x", scope: "read" }),
    (client: Hypervex) => client.keys.rotate("x"),
  ]) {
    await withScript([hangUp, written], async (client, server) => {
      await assert.rejects(
        write(client),
        (error) => error instanceof ConnectionError && error.maybeSent && error.code === "unreachable",
      );
      assert.equal(server.requests.length, 1, String(write));
    });
  }
});

test("half of an answer is no answer", () =>
  withScript(
    [
      (response) => {
        response.writeHead(200, { "content-length": "100" }).write('{"count"', () => response.socket?.destroy());
      },
      counted,
    ],
    async (client, server) => {
      assert.equal(await client.collection("x").count(), 5);
      assert.equal(server.requests.length, 2);
    },
  ));

test("nobody listening is known not to have been sent", async () => {
  const server = await ScriptedServer.start(counted);
  const client = new Hypervex({ url: server.url, retries: 1 });
  await server.stop();
  await assert.rejects(
    client.collection("x").upsert({ vector: [1] }),
    (error) => error instanceof ConnectionError && !error.maybeSent && error.message.includes("ECONNREFUSED"),
  );
  assert.deepEqual([await client.isLive(), await client.isReady()], [false, false]);
  await assert.rejects(client.waitUntilReady({ timeoutMs: 1 }), TimeoutError);
});

test("a server that is silent is given up at the time limit", () =>
  withScript([silence], async (client, server) => {
    await assert.rejects(
      client.collection("x").count({}, { timeoutMs: 30 }),
      (error) => error instanceof TimeoutError && error.code === "timed_out",
    );
    assert.ok(server.requests.length <= 1);
  }));

test("an aborted call fails with the reason of its signal, before, during and between tries", async () => {
  await withScript([silence], async (client, server) => {
    const reason = new Error("changed my mind");
    await assert.rejects(client.collection("x").count({}, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(server.requests.length, 0);
    const controller = new AbortController();
    const call = client.collection("x").count({}, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(call, reason);
  });
  await withScript([problem(503, "opening", { "retry-after": "30" })], async (client) => {
    const controller = new AbortController();
    const fetching = new Hypervex({
      url: "http://127.0.0.1:1",
      fetch: () => {
        // The answer comes at once; the abort falls into the wait.
        setTimeout(() => {
          controller.abort(new Error("during the wait"));
        }, 0);
        return Promise.resolve(new Response("{}", { status: 503, headers: { "retry-after": "30" } }));
      },
    });
    await assert.rejects(fetching.collection("x").count({}, { signal: controller.signal }), {
      message: "during the wait",
    });
    assert.ok(!(await client.isReady()));
  });
});

test("answers of something else are told from problems", async () => {
  await withScript(
    [(response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>")],
    async (client, server) => {
      await assert.rejects(
        client.collection("x").count({}, { retries: 1 }),
        (error) => error instanceof ServerError && error.code === "unexpected_answer" && error.status === 502,
      );
      assert.equal(server.requests.length, 2);
      await assert.rejects(client.collection("x").upsert({ vector: [1] }), ServerError);
      assert.equal(server.requests.length, 3);
    },
  );
  await withScript([(response) => response.end("<h1>Welcome</h1>")], (client) =>
    assert.rejects(client.collection("x").count(), { name: "HypervexError", code: "unexpected_answer" }),
  );
});

test("the key, the path of a proxy and the version go where they belong", () =>
  withScript(
    [
      json({
        vector_id: "a",
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-01T00:00:00Z",
        version: "1",
      }),
    ],
    async (_, server) => {
      const client = new Hypervex({ url: `${server.url}/vectors of/all/`, apiKey: "k" });
      await client.collection("x").update("a/ü", {}, { ifVersion: "0f", durability: "os" });
      const [request] = server.requests;
      assert.deepEqual(
        [request?.method, request?.path],
        ["PUT", "/vectors%20of/all/api/v1/collections/x/vectors/a%2F%C3%BC?durability=os"],
      );
      assert.deepEqual(
        [request?.headers.authorization, request?.headers["if-match"], request?.headers["content-type"]],
        ["Bearer k", '"0f"', "application/json"],
      );
    },
  ));

test("an address that is none is refused at once", () => {
  for (const url of ["", "localhost:8080", "ftp://localhost", "http://user:secret@localhost", "http://localhost?x=1"]) {
    assert.throws(() => new Hypervex({ url }), ValidationError, url);
  }
});

test("a call waits for a server that is killed and restarted", async () => {
  const server = await TestServer.start();
  try {
    const client = new Hypervex({ url: server.url });
    const records = await client.createCollection("steady");
    await records.upsert({ id: "a", vector: [1] });
    await server.kill();
    await assert.rejects(records.count({}, { retries: 0 }), ConnectionError);
    const patient = [
      records.count({}, { retries: 1_000, timeoutMs: 0 }),
      records.upsert({ id: "b", vector: [2] }, { retries: 1_000, timeoutMs: 0 }).then((done) => done.upserted),
    ];
    await server.restart();
    const [count, upserted] = await Promise.all(patient);
    assert.ok(count === 1 || count === 2);
    assert.deepEqual([upserted, await records.count()], [1, 2]);
  } finally {
    await server.stop();
  }
});

test("a body that is too large for the server is 413, and splitting at its limit avoids it", async () => {
  const server = await TestServer.start({ args: ["--max-body-bytes", "2048", "--max-line-bytes", "4096"] });
  try {
    const client = new Hypervex({ url: server.url });
    const records = await client.createCollection("narrow");
    const many = Array.from({ length: 100 }, (_, n) => ({ id: String(n), vector: [n + 1], document: "x".repeat(40) }));
    await assert.rejects(
      records.upsert(many),
      (error) => error instanceof PayloadTooLargeError && error.status === 413 && error.code === "body_too_large",
    );
    assert.equal(
      (await new Hypervex({ url: server.url, maxBodyBytes: 2048 }).collection("narrow").upsert(many)).upserted,
      100,
    );
    const invalid: number[] = [];
    const done = await records.import(
      [{ vector: [1] }, { vector: [1], document: "x".repeat(100_000) }, { vector: [1] }],
      { batchRecords: 1, onInvalid: ({ index }) => invalid.push(index) },
    );
    assert.deepEqual([done.imported, invalid], [2, [1]]);
  } finally {
    await server.stop();
  }
});

test("a server whose memory for bodies is taken says so, and takes the write when it is free again", async () => {
  const mebibyte = String(1024 * 1024);
  const server = await TestServer.start({
    args: [
      "--max-body-bytes",
      mebibyte,
      "--max-line-bytes",
      mebibyte,
      "--max-body-bytes-together",
      String(3 * 1024 * 1024),
      "--rate-grace-seconds",
      "3600",
    ],
  });
  const sockets: Socket[] = [];
  try {
    const client = new Hypervex({ url: server.url, retries: 0 });
    const records = await client.createCollection("crowded");
    const refused = async (): Promise<unknown> =>
      records.upsert({ id: "a", vector: [1] }).then(
        () => undefined,
        (error: unknown) => error,
      );

    // A body that never ends holds 64 KiB, until there is not as much left.
    let error: unknown;
    for (let i = 0; i < 200 && error === undefined; i++) {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => undefined);
      sockets.push(socket);
      socket.write(
        `POST /api/v1/collections/crowded/vectors/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${mebibyte}\r\n\r\n `,
      );
      error = await refused();
    }

    assert.ok(error instanceof RateLimitError, String(error));
    assert.deepEqual([error.status, error.code, typeof error.retryAfterSeconds], [429, "overloaded", "number"]);
    for (const socket of sockets) {
      socket.destroy();
      if (!socket.closed) await once(socket, "close");
    }

    assert.equal((await records.upsert({ id: "a", vector: [1] }, { retries: 20 })).upserted, 1);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  }
});
