import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJson } from "../dist/esm/json-decode.js";
import { encodeJson, encodeVector } from "../dist/esm/json-encode.js";
import { ValidationError } from "hypervex";

const seed = 20261122;

// A small generator of our own, so that a failure can be repeated (Mulberry32, Tommy Ettinger 2017).
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("every float32 survives being sent, and no component takes more bytes than nine digits need", () => {
  const next = random(seed);
  const bits = new Uint32Array(50_000).map(() => next() * 2 ** 32);
  const vector = new Float32Array(bits.buffer).filter(Number.isFinite);
  vector.set([0, 1, -1, 0.1, 16777216, 3.4028234663852886e38, 1.401298464324817e-45, 1.1754943508222875e-38]);
  const text = encodeVector(vector, "$.vector");
  assert.deepEqual(Float32Array.from(JSON.parse(text) as number[]), vector, `seed ${String(seed)}`);
  assert.ok(text.length / vector.length < 16, `${String(text.length / vector.length)} bytes a component`);
});

test("numbers that are short stay as they were written", () => {
  assert.equal(encodeVector([0.1, 0.25, 1e-7, -3, 1e20], "$"), "[0.1,0.25,1e-7,-3,1.00000002e+20]");
  assert.equal(encodeVector(new Uint8Array([0, 255]), "$"), "[0,255]");
});

test("what is not finite as float32 is refused with its place", () => {
  for (const bad of [NaN, Infinity, -Infinity, 1e39]) {
    assert.throws(
      () => encodeVector([0, bad], "$.vectors[3].vector"),
      (error) =>
        error instanceof ValidationError &&
        error.code === "non_finite_vector" &&
        error.message.startsWith("$.vectors[3].vector[1]:") &&
        error.requestId === undefined,
    );
  }
});

test("vectors that are none are refused", () => {
  for (const bad of ["text", { length: 1, 0: 1 }, ["1"], [null], 5, null]) {
    assert.throws(() => encodeVector(bad as unknown as number[], "$.vector"), { code: "invalid_vector" });
  }
});

test("JSON is what JSON.stringify makes, bigints and typed arrays beside it", () => {
  const value = {
    text: 'quotes " and \\ and \u0000 and 🌲 and \u2028',
    list: [1, undefined, null, true, [[]]],
    when: new Date(0),
    nothing: undefined,
    "a key": { "": -0 },
    own: { toJSON: () => ({ seen: 1 }) },
  };
  assert.equal(encodeJson(value, "$"), JSON.stringify(value));
  assert.equal(
    encodeJson({ big: 9007199254740993n, v: new Float32Array([0.5]) }, "$"),
    '{"big":9007199254740993,"v":[0.5]}',
  );
});

test("a bigint is sent as an integer, a number beyond 2^53 as a float", () => {
  assert.equal(
    encodeJson([2 ** 53, -(2 ** 60), 1e20, 1e300, 2n ** 60n, 2 ** 53 - 1], "$"),
    "[9.007199254740992e+15,-1.152921504606847e+18,1e+20,1e+300,1152921504606846976,9007199254740991]",
  );
});

test("a number that JSON does not have and a value that holds itself are refused", () => {
  assert.throws(() => encodeJson({ a: [{ b: NaN }] }, "$.metadata"), { message: /^\$\.metadata\.a\[0\]\.b: NaN/ });
  const circle: Record<string, unknown> = {};
  circle["again"] = circle;
  assert.throws(() => encodeJson(circle, "$"), ValidationError);
});

test("integers beyond 2^53 come back exactly, and only those as bigints", () => {
  const text =
    '{"a":9007199254740991,"b":9007199254740993,"c":-9223372036854775808,"d":[9223372036854775807,1.2345678901234567,1e300],' +
    '"e":"9007199254740993","f":"a \\" 9007199254740993 \\\\","9007199254740993":12345678901234567890123}';
  assert.deepEqual(decodeJson(text), {
    a: 9007199254740991,
    b: 9007199254740993n,
    c: -9223372036854775808n,
    d: [9223372036854775807n, 1.2345678901234567, 1e300],
    e: "9007199254740993",
    f: 'a " 9007199254740993 \\',
    "9007199254740993": 12345678901234567890123n,
  });
});

test("a megabyte of text beside a large integer is no trouble", () => {
  const document = '\\"x'.repeat(400_000);
  const decoded = decodeJson(`{"document":"${document}","n":9007199254740993}`) as { document: string; n: bigint };
  assert.equal(decoded.n, 9007199254740993n);
  assert.equal(decoded.document.length, 800_000);
});

test("what is no JSON is an unexpected answer", () => {
  assert.throws(() => decodeJson("<html>"), { code: "unexpected_answer" });
  assert.throws(() => decodeJson('{"n": 90071992547409931'), { code: "unexpected_answer" });
});
