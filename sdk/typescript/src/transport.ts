import { CallClock } from "./call-clock.js";
import { apiErrorOf, ValidationError, type ApiError } from "./errors.js";
import { decodeJson } from "./json-decode.js";
import { parseRetryAfter, waitBeforeRetry, type Safety } from "./retry.js";
import type { WireProblem } from "./wire.js";

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 3;

/** A server and how to talk to it. */
export interface HypervexOptions {
  /** Scheme, host, port and, behind a proxy, a path: `http://127.0.0.1:8080`. */
  url: string;
  /** Sent as `Authorization: Bearer`. */
  apiKey?: string | undefined;
  /** Instead of the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * After so many milliseconds a call fails with a TimeoutError, its retries and waits included; 60,000 unless given, 0 = never.
   * In an export the time counts anew for each piece of the answer.
   */
  timeoutMs?: number | undefined;
  /** How often a call is tried again, where that is safe; 3 unless given, 0 = never. */
  retries?: number | undefined;
}

/** What a single call may say otherwise than its client. */
export interface CallOptions {
  /** Ends the call, which then fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  retries?: number | undefined;
}

/** One request. */
export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path, percent-encoded, with its query. */
  path: string;
  body?: string | Blob | Uint8Array<ArrayBuffer>;
  contentType?: string;
  ifMatch?: string | undefined;
  safety: Safety;
}

/** Sends calls to one server, tries again what may be tried again, and makes errors of problems. */
export class Transport {
  readonly #root: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #retries: number;

  constructor(options: HypervexOptions) {
    this.#root = rootOf(options.url);
    // Browsers want their fetch called on the global object.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#retries = options.retries ?? DEFAULT_RETRIES;
  }

  /** Sends a call and reads its answer; undefined when the answer has no body. */
  async send(call: Call, options: CallOptions = {}): Promise<unknown> {
    const clock = new CallClock(options.signal, options.timeoutMs ?? this.#timeoutMs);
    try {
      const text = await this.#withRetries(call, options, clock, async () => {
        const response = await this.#attempt(call, clock);
        return await textOf(response, clock);
      });
      return text === "" ? undefined : decodeJson(text);
    } finally {
      clock.stop();
    }
  }

  /**
   * Sends a call and hands out its body as it comes. Whoever reads it restarts the clock before each read, pauses it after, and
   * stops it at the end.
   */
  async open(call: Call, options: CallOptions = {}): Promise<{ body: ReadableStream<Uint8Array>; clock: CallClock }> {
    const clock = new CallClock(options.signal, options.timeoutMs ?? this.#timeoutMs);
    try {
      const response = await this.#withRetries(call, options, clock, () => this.#attempt(call, clock));
      clock.pause();
      return { body: response.body ?? new Blob().stream(), clock };
    } catch (error) {
      clock.stop();
      throw error;
    }
  }

  async #withRetries<T>(call: Call, options: CallOptions, clock: CallClock, once: () => Promise<T>): Promise<T> {
    const retries = options.retries ?? this.#retries;
    for (let attempt = 0; ; attempt++) {
      try {
        return await once();
      } catch (error) {
        const wait = attempt < retries ? waitBeforeRetry(error, call.safety, attempt) : undefined;
        if (wait === undefined || wait >= clock.leftMs) {
          throw error;
        }

        await clock.sleep(wait);
      }
    }
  }

  async #attempt(call: Call, clock: CallClock): Promise<Response> {
    const headers: Record<string, string> = { ...this.#headers };
    if (call.body !== undefined) {
      headers["content-type"] = call.contentType ?? "application/json";
    }

    if (call.ifMatch !== undefined) {
      headers["if-match"] = `"${call.ifMatch}"`;
    }

    let response: Response;
    try {
      response = await this.#fetch(this.#root + call.path, {
        method: call.method,
        headers,
        signal: clock.signal,
        ...(call.body === undefined ? {} : { body: call.body }),
      });
    } catch (error) {
      throw clock.explain(error, `${call.method} ${call.path}`);
    }

    if (!response.ok) {
      throw await problemOf(response, clock);
    }

    return response;
  }
}

async function textOf(response: Response, clock: CallClock): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw clock.explain(error, "reading the answer");
  }
}

async function problemOf(response: Response, clock: CallClock): Promise<ApiError> {
  const problem = parseProblem(await textOf(response, clock));
  return apiErrorOf({
    status: response.status,
    code: problem?.code ?? "unexpected_answer",
    detail: problem?.detail ?? `The answer is ${String(response.status)} and not one of a Hypervex server.`,
    title: problem?.title,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterSeconds: parseRetryAfter(response.headers.get("retry-after")),
    problem,
  });
}

function parseProblem(text: string): WireProblem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "code" in value ? (value as WireProblem) : undefined;
  } catch {
    return undefined;
  }
}

function rootOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw ValidationError.of("invalid_argument", `url: "${url}" is no address; expected http://host:port.`);
  }

  if ((parsed.protocol !== "http:" && parsed.protocol !== "https:") || parsed.username !== "" || parsed.search !== "") {
    throw ValidationError.of(
      "invalid_argument",
      "url: expected http:// or https:// with host and port, without a user or a query; a key goes into apiKey.",
    );
  }

  return parsed.origin + parsed.pathname.replace(/\/+$/, "");
}
