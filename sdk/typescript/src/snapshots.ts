import { camelCased } from "./camel-case.js";
import { encodeJson } from "./json-encode.js";
import { jobOf, type Job } from "./jobs.js";
import { segmentOf } from "./paths.js";
import type { CallOptions, Transport } from "./transport.js";

/** A snapshot that the server keeps of a collection. */
export interface Snapshot {
  name: string;
  bytes: number;
  createdAt: Date;
}

/** The snapshots that a server keeps of one collection, which they outlive. */
export class Snapshots {
  readonly #transport: Transport;
  readonly #path: string;

  /** @internal */
  constructor(transport: Transport, collectionPath: string) {
    this.#transport = transport;
    this.#path = `${collectionPath}/snapshots`;
  }

  /** Begins to write a snapshot, consistent while writes go on; its name is the job's `snapshot`. `Hypervex.jobs.wait` waits for it. */
  async create(options: CallOptions = {}): Promise<Job> {
    return jobOf(await this.#transport.send({ method: "POST", path: this.#path, safety: "once" }, options));
  }

  /** The snapshots, by name. */
  async list(options: CallOptions = {}): Promise<Snapshot[]> {
    const answer = await this.#transport.send({ method: "GET", path: this.#path, safety: "repeatable" }, options);
    return (camelCased(answer) as { snapshots: Snapshot[] }).snapshots;
  }

  /** The bytes of a snapshot. The time limit counts until they begin. */
  async download(name: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const call = { method: "GET", path: this.#pathOf(name), safety: "repeatable" } as const;
    return (await this.#transport.open(call, options)).body;
  }

  /**
   * Gives the server a snapshot, which is checked whole before it has its name; fails with a ConflictError when the name is taken.
   * A Blob is read while it is sent: `fs.openAsBlob` makes one of a file of any size.
   *
   * @param name Up to 128 ASCII letters, digits, `_`, `-`, `.`, with `.hvsnap` at the end.
   */
  async upload(name: string, content: Blob | Uint8Array<ArrayBuffer>, options: CallOptions = {}): Promise<Snapshot> {
    const contentType = "application/octet-stream";
    const call = { method: "PUT", path: this.#pathOf(name), body: content, contentType, safety: "once" } as const;
    return camelCased(await this.#transport.send(call, options)) as Snapshot;
  }

  /** Begins to restore a snapshot, wholly or not at all, into this collection or another; only with `replace` in place of one that exists. */
  async restore(
    name: string,
    options: CallOptions & { into?: string | undefined; replace?: boolean | undefined } = {},
  ): Promise<Job> {
    const body = encodeJson({ into: options.into, replace: options.replace }, "$");
    const call = { method: "POST", path: `${this.#pathOf(name)}/restore`, body, safety: "once" } as const;
    return jobOf(await this.#transport.send(call, options));
  }

  /** Deletes a snapshot; fails with a NotFoundError when there is none. */
  async delete(name: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: this.#pathOf(name), safety: "once" }, options);
  }

  #pathOf(name: string): string {
    return `${this.#path}/${segmentOf(name, "The snapshot's name")}`;
  }
}
