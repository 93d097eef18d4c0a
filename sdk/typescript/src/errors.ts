import type { WireErrorCode, WireProblem } from "./wire.js";

// The package exists once as ES modules and once as CommonJS, and a program may load both. What an error is stands
// therefore on the error itself, so that instanceof is true for the other copy's classes too.
const KINDS = Symbol.for("hypervex.error.kinds");

function kindOf(type: object): string | undefined {
  return Object.hasOwn(type, "kind") ? (type as { kind?: string }).kind : undefined;
}

function kindsOf(type: object): string[] {
  const kinds: string[] = [];
  for (let one: object | null = type; one !== null; one = Object.getPrototypeOf(one) as object | null) {
    const kind = kindOf(one);
    if (kind !== undefined) {
      kinds.push(kind);
    }
  }

  return kinds;
}

/** What every failure of this package is. An aborted call is none: it fails with its signal's reason, as fetch does. */
export class HypervexError extends Error {
  /** The name of the class. @internal */
  static readonly kind: string = "HypervexError";

  /** The stable code: one of docs/errors.md, or `unreachable`, `timed_out`, `unexpected_answer`. */
  readonly code: string;

  constructor(message: string, code: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    const kinds = kindsOf(new.target);
    this.name = kinds[0] ?? "HypervexError";
    Object.defineProperty(this, KINDS, { value: kinds });
  }

  /** Whether a value is an error of this class, whichever copy of the package made it. */
  static override [Symbol.hasInstance](this: object, value: unknown): boolean {
    const kind = kindOf(this);
    if (kind === undefined) {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }

    const kinds: unknown =
      typeof value === "object" && value !== null ? (value as Record<symbol, unknown>)[KINDS] : undefined;
    return Array.isArray(kinds) && kinds.includes(kind);
  }
}

/** No answer: the server cannot be reached, or the connection broke before the answer had come whole. */
export class ConnectionError extends HypervexError {
  static override readonly kind: string = "ConnectionError";

  /** False when it is certain that the server has not seen the request; true when it may have acted on it. */
  readonly maybeSent: boolean;

  constructor(message: string, maybeSent: boolean, options?: { cause?: unknown }) {
    super(message, "unreachable", options);
    this.maybeSent = maybeSent;
  }
}

/** No whole answer within `timeoutMs`. The server may have acted on the request. */
export class TimeoutError extends HypervexError {
  static override readonly kind: string = "TimeoutError";

  constructor(message: string) {
    super(message, "timed_out");
  }
}

/** What is known of an answer that is not a success. */
export interface ProblemInformation {
  status: number;
  code: string;
  detail: string;
  title?: string | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  problem?: WireProblem | undefined;
}

/** The server's answer is a problem. The subclasses follow its status. */
export class ApiError extends HypervexError {
  static override readonly kind: string = "ApiError";

  declare readonly code: WireErrorCode | (string & {});

  /** The status of HTTP. */
  readonly status: number;

  /** A few words for the code; undefined when the answer is not of a Hypervex server. */
  readonly title: string | undefined;

  /** The request's id, under which the server's log has it; undefined when nothing was sent. */
  readonly requestId: string | undefined;

  /** Seconds to wait before another try, where the answer says so. */
  readonly retryAfterSeconds: number | undefined;

  /** The problem as it came. */
  readonly problem: WireProblem | undefined;

  constructor(information: ProblemInformation, options?: { cause?: unknown }) {
    super(information.detail, information.code, options);
    this.status = information.status;
    this.title = information.title;
    this.requestId = information.requestId;
    this.retryAfterSeconds = information.retryAfterSeconds;
    this.problem = information.problem;
  }
}

/** 400, 415, 422, 405: the request is not acceptable. What this package refuses before sending is one too, without a `requestId`. */
export class ValidationError extends ApiError {
  static override readonly kind: string = "ValidationError";

  /** The error of something that is not sent. @internal */
  static of(code: WireErrorCode, detail: string): ValidationError {
    return new ValidationError({ status: 400, code, detail });
  }
}

/** 401: the server has keys, and the request has none, or not a valid one. */
export class AuthenticationError extends ApiError {
  static override readonly kind: string = "AuthenticationError";
}

/** 403: the key is not for this, or the server without keys was addressed by a name that is not the loopback's. */
export class PermissionError extends ApiError {
  static override readonly kind: string = "PermissionError";
}

/** 404: there is no such record, collection or route; `code` says which. */
export class NotFoundError extends ApiError {
  static override readonly kind: string = "NotFoundError";
}

/** 409: the record or collection exists already. */
export class ConflictError extends ApiError {
  static override readonly kind: string = "ConflictError";
}

/** 412: the record's version is not the one of `ifVersion`. */
export class VersionMismatchError extends ApiError {
  static override readonly kind: string = "VersionMismatchError";
}

/** 413: the body, or a line of an import, is larger than the server's limit. */
export class PayloadTooLargeError extends ApiError {
  static override readonly kind: string = "PayloadTooLargeError";
}

/** 429: too much work is under way; `retryAfterSeconds` says how long to wait. */
export class RateLimitError extends ApiError {
  static override readonly kind: string = "RateLimitError";
}

/** 503: the server cannot do this now; `code` says why. */
export class UnavailableError extends ApiError {
  static override readonly kind: string = "UnavailableError";
}

/** 507: the collection's capacity, the memory limit or the disk is exhausted. */
export class StorageFullError extends ApiError {
  static override readonly kind: string = "StorageFullError";
}

/** 500 and other 5xx. */
export class ServerError extends ApiError {
  static override readonly kind: string = "ServerError";
}

/** An upsert that needed several requests failed after the first of them; what came before is written. `cause` says why. */
export class PartialUpsertError extends HypervexError {
  static override readonly kind: string = "PartialUpsertError";

  /** The ids of the records that are written: those of the beginning of the list, in its order. */
  readonly ids: (string | null)[];

  constructor(ids: (string | null)[], cause: HypervexError) {
    super(`The first ${String(ids.length)} records are written, then: ${cause.message}`, cause.code, { cause });
    this.ids = ids;
  }
}

/** An import that stopped. `cause` says why. */
export class ImportError extends HypervexError {
  static override readonly kind: string = "ImportError";

  /** Records of this call that are written. */
  readonly imported: number;

  /** Where to go on: give it as `skip`, with the same source. Everything before it is done with. */
  readonly resumeFrom: number;

  /** The index of the record (of NDJSON: the line, from 0) at fault; undefined when no record is. */
  readonly index: number | undefined;

  constructor(
    progress: { imported: number; resumeFrom: number; index?: number | undefined },
    detail: string,
    cause: HypervexError,
  ) {
    const where = progress.index === undefined ? "" : ` at record ${String(progress.index)}`;
    super(`The import stopped${where} (${String(progress.imported)} imported): ${detail}`, cause.code, { cause });
    this.imported = progress.imported;
    this.resumeFrom = progress.resumeFrom;
    this.index = progress.index;
  }
}

/** The error of the class that belongs to a status. */
export function apiErrorOf(information: ProblemInformation): ApiError {
  switch (information.status) {
    case 400:
    case 405:
    case 415:
    case 422:
      return new ValidationError(information);
    case 401:
      return new AuthenticationError(information);
    case 403:
      return new PermissionError(information);
    case 404:
      return new NotFoundError(information);
    case 409:
      return new ConflictError(information);
    case 412:
      return new VersionMismatchError(information);
    case 413:
      return new PayloadTooLargeError(information);
    case 429:
      return new RateLimitError(information);
    case 503:
      return new UnavailableError(information);
    case 507:
      return new StorageFullError(information);
    default:
      return information.status >= 500 ? new ServerError(information) : new ApiError(information);
  }
}
