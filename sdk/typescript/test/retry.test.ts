import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConnectionError,
  HypervexError,
  ImportError,
  RateLimitError,
  ServerError,
  UnavailableError,
} from "../dist/esm/errors.js";
import { parseRetryAfter, waitBeforeRetry } from "../dist/esm/retry.js";

const busy = (retryAfterSeconds?: number): RateLimitError =>
  new RateLimitError({ status: 429, code: "overloaded", detail: "", retryAfterSeconds });

test("waits double, half of each by chance, up to five seconds", () => {
  for (const [attempt, greatest] of [
    [0, 100],
    [1, 200],
    [2, 400],
    [6, 5_000],
    [60, 5_000],
  ] as const) {
    const waits = Array.from({ length: 200 }, () => waitBeforeRetry(busy(), "once", attempt) ?? NaN);
    assert.ok(
      waits.every((wait) => wait >= greatest / 2 && wait <= greatest),
      String(attempt),
    );
    assert.ok(new Set(waits).size > 100);
  }
});

test("nobody comes back before the server asks for it", () => {
  const waits = Array.from({ length: 200 }, () => waitBeforeRetry(busy(2), "once", 0) ?? NaN);
  assert.ok(waits.every((wait) => wait >= 2_000 && wait <= 2_050));
});

test("what may be tried again depends on what could be done twice", () => {
  const gateway = new ServerError({ status: 502, code: "unexpected_answer", detail: "" });
  const cases: [unknown, boolean, boolean][] = [
    [busy(), true, true],
    [new UnavailableError({ status: 503, code: "closed", detail: "" }), true, true],
    [new UnavailableError({ status: 503, code: "log_failed", detail: "" }), false, false],
    [new ConnectionError("", true), true, false],
    [new ConnectionError("", false), true, true],
    [gateway, true, false],
    [new ServerError({ status: 504, code: "timeout", detail: "" }), false, false],
    [new HypervexError("", "unexpected_answer"), false, false],
    [new TypeError(), false, false],
  ];
  for (const [error, repeatable, once] of cases) {
    assert.deepEqual(
      [waitBeforeRetry(error, "repeatable", 0) !== undefined, waitBeforeRetry(error, "once", 0) !== undefined],
      [repeatable, once],
      String(error),
    );
  }
});

test("Retry-After is read as seconds and as a date", () => {
  assert.equal(parseRetryAfter(null), undefined);
  assert.equal(parseRetryAfter("7"), 7);
  assert.equal(parseRetryAfter("soon"), undefined);
  assert.equal(parseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
  const later = parseRetryAfter(new Date(Date.now() + 3_600_000).toUTCString());
  assert.ok(later !== undefined && later > 3_000 && later <= 3_600);
});

test("a class of a program's own is told from its parent", () => {
  class Mine extends HypervexError {}
  const mine = new Mine("", "x");
  assert.ok(mine instanceof Mine && mine instanceof HypervexError && !(mine instanceof ImportError));
  assert.ok(!(new HypervexError("", "x") instanceof Mine));
  assert.ok(![null, undefined, "x", {}, new Error("x")].some((value) => value instanceof HypervexError));
});
