import { camelCased } from "./camel-case.js";
import { TimeoutError } from "./errors.js";
import { segmentOf } from "./paths.js";
import type { CallOptions, Transport } from "./transport.js";

const PATH = "/api/v1/jobs";
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/** Work that goes on after the call that began it has returned. */
export interface Job {
  id: string;
  kind: "snapshot" | "restore" | "compact" | "checkpoint";
  collection: string;
  state: "running" | "done" | "failed" | "cancelled";
  /** Where that is told apart. */
  stage?: "writing" | "checking" | "restoring" | "verifying";
  /** How much of the stage is done, 0 to 1; null where that is not known. */
  progress: number | null;
  startedAt: Date;
  /** When it ended. */
  finishedAt?: Date;
  /** The name of the snapshot that it writes or restores. */
  snapshot?: string;
  /** Records in the snapshot, restored, or moved by a compaction. */
  records?: number;
  /** Bytes of the snapshot, or of the log behind a compaction. */
  bytes?: number;
  /** Why it failed. */
  problem?: { code: string; detail: string };
}

/** A message of the wire as a job. @internal */
export function jobOf(answer: unknown): Job {
  return camelCased(answer) as Job;
}

/** The jobs of a server: those that run, and the last that have ended. */
export class Jobs {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The jobs of collections that the key may see, the newest first. */
  async list(options: CallOptions = {}): Promise<Job[]> {
    const answer = await this.#transport.send({ method: "GET", path: PATH, safety: "repeatable" }, options);
    return (answer as { jobs: unknown[] }).jobs.map(jobOf);
  }

  /** A job, and how far it is; fails with a NotFoundError when there is none, or it ended long ago. */
  async get(id: string, options: CallOptions = {}): Promise<Job> {
    return jobOf(await this.#transport.send({ method: "GET", path: pathOf(id), safety: "repeatable" }, options));
  }

  /** Asks a job to stop; one that has ended is left alone. */
  async cancel(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: pathOf(id), safety: "once" }, options);
  }

  /**
   * Asks for a job until it has ended, however it ended: see its `state` and `problem`. With `patienceMs` it fails with a
   * TimeoutError when the job runs longer than that from now on; `timeoutMs` is each question's own.
   */
  async wait(id: string, options: CallOptions & { patienceMs?: number | undefined } = {}): Promise<Job> {
    const end = Date.now() + (options.patienceMs ?? Infinity);
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const job = await this.get(id, options);
      if (job.state !== "running") {
        return job;
      }

      if (Date.now() >= end) {
        throw new TimeoutError(
          `The job ${id} (${job.kind} of ${job.collection}) still runs after ${String(options.patienceMs)} ms.`,
        );
      }

      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function pathOf(id: string): string {
  return `${PATH}/${segmentOf(id, "The job's id")}`;
}
