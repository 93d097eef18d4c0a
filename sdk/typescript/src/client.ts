import { Aliases } from "./aliases.js";
import { Collection } from "./collection.js";
import { ConflictError, ConnectionError, NotFoundError, TimeoutError, UnavailableError } from "./errors.js";
import { encodeJson } from "./json-encode.js";
import { Jobs } from "./jobs.js";
import { Keys } from "./keys.js";
import type { Metadata } from "./record.js";
import { wireCollectionOf, type CollectionSettings } from "./settings.js";
import { Transport, type CallOptions, type HypervexOptions } from "./transport.js";
import type { WireCollections } from "./wire.js";

const COLLECTIONS = "/api/v1/collections";
const POLL_MS = 100;

// The server's limit unless it is set otherwise (docs/limits.md).
const DEFAULT_MAX_BODY_BYTES = 32 * 1024 * 1024;

/** A server, how to talk to it, and how much it takes at once. */
export interface ClientOptions extends HypervexOptions {
  /** Greatest body of an upsert or of several searches, in bytes; 32 MiB unless given, as the server's `max_body_bytes`. */
  maxBodyBytes?: number | undefined;
}

/** How a collection's vectors are handed out: as arrays of numbers, or as Float32Arrays. */
export type VectorType = "array" | "float32";

/** The array type of a VectorType. */
export type VectorOf<TType extends VectorType> = TType extends "float32" ? Float32Array : number[];

/**
 * A Hypervex server. Calls may run beside each other; nothing is kept between them but the server's address.
 *
 * ```ts
 * const client = new Hypervex({ url: "http://127.0.0.1:8080" });
 * const books = client.collection<{ year: number }>("books");
 * ```
 */
export class Hypervex {
  /** Second names of collections. */
  readonly aliases: Aliases;
  /** Work that goes on after the call that began it. */
  readonly jobs: Jobs;
  /** Keys of the server. */
  readonly keys: Keys;
  readonly #transport: Transport;
  readonly #maxBodyBytes: number;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
    this.aliases = new Aliases(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.keys = new Keys(this.#transport);
  }

  /** A collection by its name. The server is not asked whether it exists. */
  collection<TMetadata extends object = Metadata, TType extends VectorType = "array">(
    name: string,
    options: { vectors?: TType | undefined } = {},
  ): Collection<TMetadata, VectorOf<TType>> {
    const readVector = options.vectors === "float32" ? (vector: number[]) => Float32Array.from(vector) : asArray;
    return new Collection<TMetadata, VectorOf<TType>>(
      this.#transport,
      name,
      this.#maxBodyBytes,
      readVector as (vector: number[]) => VectorOf<TType>,
    );
  }

  /** Creates a collection; fails with a ConflictError when it exists. */
  async createCollection<TMetadata extends object = Metadata>(
    name: string,
    settings: CollectionSettings = {},
    options: CallOptions = {},
  ): Promise<Collection<TMetadata>> {
    const body = encodeJson(wireCollectionOf(name, settings), "$");
    await this.#transport.send({ method: "POST", path: COLLECTIONS, body, safety: "once" }, options);
    return this.collection<TMetadata>(name);
  }

  /** The collection, created with these settings when there is none; an existing one is taken as it is. */
  async getOrCreateCollection<TMetadata extends object = Metadata>(
    name: string,
    settings: CollectionSettings = {},
    options: CallOptions = {},
  ): Promise<Collection<TMetadata>> {
    const collection = this.collection<TMetadata>(name);
    try {
      await collection.describe(options);
    } catch (error) {
      if (!(error instanceof NotFoundError)) {
        throw error;
      }

      await this.createCollection(name, settings, options).catch((failure: unknown) => {
        // Another client may have been faster.
        if (!(failure instanceof ConflictError)) {
          throw failure;
        }
      });
    }

    return collection;
  }

  /** The names of the collections that the key may see. */
  async listCollections(options: CallOptions = {}): Promise<string[]> {
    const answer = await this.#transport.send({ method: "GET", path: COLLECTIONS, safety: "repeatable" }, options);
    return (answer as WireCollections).collections.map((one) => one.name);
  }

  /** Removes a collection for good; fails with a NotFoundError when there is none. */
  dropCollection(name: string, options: CallOptions = {}): Promise<void> {
    return this.collection(name).drop(options);
  }

  /** Whether the server is well, and its version. */
  async health(options: CallOptions = {}): Promise<{ status: string; version: string }> {
    const call = { method: "GET", path: "/api/v1/health", safety: "repeatable" } as const;
    return (await this.#transport.send(call, options)) as { status: string; version: string };
  }

  /** Whether a server answers; asks once and needs no key. */
  isLive(options: CallOptions = {}): Promise<boolean> {
    return this.#probe("/livez", options);
  }

  /** Whether the database is open; asks once and needs no key. */
  isReady(options: CallOptions = {}): Promise<boolean> {
    return this.#probe("/readyz", options);
  }

  /** Waits until the database is open; fails with a TimeoutError when it is not in time. */
  async waitUntilReady(options: CallOptions = {}): Promise<void> {
    const { timeoutMs = 60_000, ...others } = options;
    const end = Date.now() + (timeoutMs > 0 ? timeoutMs : Infinity);
    while (!(await this.isReady(others))) {
      if (Date.now() >= end) {
        throw new TimeoutError(`The server is not ready after ${String(timeoutMs)} ms.`);
      }

      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #probe(path: string, options: CallOptions): Promise<boolean> {
    try {
      await this.#transport.send({ method: "GET", path, safety: "repeatable" }, { ...options, retries: 0 });
      return true;
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof UnavailableError || error instanceof TimeoutError) {
        return false;
      }

      throw error;
    }
  }
}

function asArray(vector: number[]): number[] {
  return vector;
}
