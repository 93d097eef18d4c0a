import { ConnectionError, HypervexError, TimeoutError } from "./errors.js";

// The longest delay that timers know.
const LONGEST_MS = 2 ** 31 - 1;

// Errors of Node.js from before a connection was there.
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * The end of one call: its caller's signal and its time limit as one signal for fetch, and which of both it was that ended it.
 * Every clock is stopped when its call is over.
 */
export class CallClock {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #limitMs: number;
  readonly #abort: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endsAt = Infinity;
  #timedOut = false;

  /** @param limitMs 0 or Infinity = no limit. */
  constructor(caller: AbortSignal | undefined, limitMs: number) {
    this.#caller = caller;
    this.#limitMs = limitMs > 0 && limitMs <= LONGEST_MS ? limitMs : Infinity;
    this.#abort = () => {
      this.#controller.abort(caller?.reason);
    };
    caller?.throwIfAborted();
    caller?.addEventListener("abort", this.#abort, { once: true });
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds until the limit. */
  get leftMs(): number {
    return this.#endsAt - Date.now();
  }

  /** Begins to count anew. */
  restart(): void {
    this.pause();
    if (this.#limitMs !== Infinity) {
      this.#endsAt = Date.now() + this.#limitMs;
      this.#timer = setTimeout(() => {
        this.#timedOut = true;
        this.#controller.abort();
      }, this.#limitMs);
    }
  }

  /** Stops counting; the caller's signal still ends the call. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#endsAt = Infinity;
  }

  /** Lets go of the timer and of the caller's signal. */
  stop(): void {
    this.pause();
    this.#caller?.removeEventListener("abort", this.#abort);
  }

  /** Waits; fails when the call ends before. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        clearTimeout(timer);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an aborted call fails with its signal's reason, whatever that is
        reject(this.explain(undefined, "waiting for another try"));
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener("abort", ended);
        resolve();
      }, milliseconds);
      if (this.signal.aborted) {
        ended();
      } else {
        this.signal.addEventListener("abort", ended, { once: true });
      }
    });
  }

  /** What the caller is told of an error that fetch or a body failed with. */
  explain(error: unknown, during: string): unknown {
    if (this.#caller?.aborted === true) {
      return this.#caller.reason;
    }

    if (this.#timedOut) {
      return new TimeoutError(`No answer within ${String(this.#limitMs)} ms (${during}).`);
    }

    if (error instanceof HypervexError) {
      return error;
    }

    const cause = codeOf(error);
    const reason = cause ?? (error instanceof Error ? error.message : String(error));
    return new ConnectionError(`The connection failed (${during}): ${reason}.`, !NEVER_CONNECTED.has(cause ?? ""), {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ("code" in one && typeof one.code === "string") {
      return one.code;
    }
  }

  return undefined;
}
