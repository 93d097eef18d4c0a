import { ApiError, ConnectionError } from "./errors.js";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

// 503 because of what another try a moment later does not change.
const LASTING = new Set(["log_failed", "locked", "storage_unavailable"]);

// What proxies say when they do not know whether the server has acted.
const GATEWAY_STATUSES = new Set([502, 504]);

/**
 * Whether a request may be sent again when nobody knows what became of it: reads may, and writes that say the same every time;
 * others only when it is certain that the server has not acted on them.
 */
export type Safety = "repeatable" | "once";

/**
 * How long to wait before another try: twice as long each time, half of it by chance, and at least as long as the server
 * asks for. Chance keeps many clients from coming back at the same moment.
 *
 * @param attempt Tries before this one, from 0.
 * @returns Milliseconds; undefined when another try is of no use, or could do something twice.
 */
export function waitBeforeRetry(error: unknown, safety: Safety, attempt: number): number | undefined {
  if (!isWorthAnotherTry(error, safety)) {
    return undefined;
  }

  const wait = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.max(asked, wait / 2) + (Math.random() * wait) / 2;
}

/** Seconds of a Retry-After header: a number, or a date. */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) {
    return undefined;
  }

  if (/^\d+$/.test(header)) {
    return Number(header);
  }

  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1_000);
}

function isWorthAnotherTry(error: unknown, safety: Safety): boolean {
  if (error instanceof ConnectionError) {
    return safety === "repeatable" || !error.maybeSent;
  }

  if (!(error instanceof ApiError)) {
    return false;
  }

  return (
    error.status === 429 ||
    (error.status === 503 && !LASTING.has(error.code)) ||
    (safety === "repeatable" && GATEWAY_STATUSES.has(error.status) && error.code !== "timeout")
  );
}
