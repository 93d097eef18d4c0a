import { BatchCollector, type Batch } from "./batches.js";
import { ApiError, HypervexError, ImportError, ValidationError } from "./errors.js";
import { encodeRecord } from "./record-mapping.js";
import type { Durability, RecordInput } from "./record.js";
import type { CallOptions } from "./transport.js";
import type { WireImportAnswer } from "./wire.js";

const DEFAULT_BATCH_RECORDS = 1_000;
const DEFAULT_BATCH_BYTES = 4 * 1024 * 1024;

/** A record that was passed over. */
export interface InvalidRecord {
  /** Its index in the source, from 0 (of NDJSON: the line's). */
  index: number;
  code: string;
  detail: string;
}

/** How to import. The time limit of a call counts for each of its requests. */
export interface ImportOptions extends CallOptions {
  /** Records of the source that are done with already; `resumeFrom` of an ImportError. */
  skip?: number | undefined;
  /** Greatest number of records of a request; 1,000 unless given. */
  batchRecords?: number | undefined;
  /** Greatest number of bytes of a request; 4 MiB unless given. A single record may be longer. */
  batchBytes?: number | undefined;
  durability?: Durability | undefined;
  /** Called after each request. */
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Called for each record that is refused, which is then passed over. Without it the first one ends the import. */
  onInvalid?: ((record: InvalidRecord) => void) | undefined;
}

/** How far an import is. */
export interface ImportProgress {
  /** Records of this call that are written. */
  imported: number;
  /** Records that were passed over by `onInvalid`. */
  invalid: number;
  /** Where to go on if it ends here; as `skip` of a later call. */
  resumeFrom: number;
}

/** Sends one body of NDJSON. */
export type SendLines = (body: string) => Promise<unknown>;

/**
 * One import: gathers records until they fill a request, sends it, and knows at any time what is written. A request whose fate
 * is not known is sent again: it writes the same records.
 * Invariant: everything in the source before `resumeFrom` is written or was passed over.
 */
export class ImportRun {
  readonly #options: ImportOptions;
  readonly #send: SendLines;
  readonly #batches: BatchCollector;
  readonly #progress: ImportProgress;

  constructor(options: ImportOptions, send: SendLines) {
    this.#options = options;
    this.#send = send;
    this.#progress = { imported: 0, invalid: 0, resumeFrom: options.skip ?? 0 };
    this.#batches = new BatchCollector(
      {
        maxCount: options.batchRecords ?? DEFAULT_BATCH_RECORDS,
        maxBytes: options.batchBytes ?? DEFAULT_BATCH_BYTES,
      },
      this.#progress.resumeFrom,
    );
  }

  /** Imports what the source yields: records, or lines of NDJSON. */
  async run(
    source: Iterable<RecordInput<object> | string> | AsyncIterable<RecordInput<object> | string>,
  ): Promise<ImportProgress> {
    let index = 0;
    for await (const item of source) {
      if (index >= (this.#options.skip ?? 0)) {
        await this.#add(item, index);
      }

      index++;
    }

    await this.#flush();
    return this.#progress;
  }

  async #add(item: RecordInput<object> | string, index: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    let line: string;
    try {
      line = typeof item === "string" ? item : encodeRecord(item, "$");
    } catch (error) {
      if (!(error instanceof ValidationError)) {
        throw error;
      }

      // What is before the record goes first, so that there is one place to go on from. An empty line keeps its index.
      await this.#flush();
      this.#refuse(index, error);
      line = "";
    }

    const full = this.#batches.add(line);
    if (full !== undefined) {
      await this.#write(full);
    }
  }

  async #flush(): Promise<void> {
    if (!this.#batches.isEmpty) {
      await this.#write(this.#batches.take());
    }
  }

  async #write(batch: Batch): Promise<void> {
    for (let from = 0; from < batch.texts.length;) {
      from = await this.#writeFrom(batch, from);
    }
  }

  /** Sends the lines from an index on; returns the index to go on from. */
  async #writeFrom(batch: Batch, from: number): Promise<number> {
    try {
      const answer = (await this.#send(`${batch.texts.slice(from).join("\n")}\n`)) as WireImportAnswer;
      this.#advance(answer.imported, batch.first + batch.texts.length);
      return batch.texts.length;
    } catch (error) {
      if (!(error instanceof HypervexError)) {
        throw error;
      }

      const problem = error instanceof ApiError ? error.problem : undefined;
      if (problem?.resume_from_line !== undefined) {
        this.#advance(problem.imported ?? 0, batch.first + from + problem.resume_from_line - 1);
      }

      if (problem?.line === undefined || !isFaultOfOneRecord(error)) {
        throw this.#stopped(error, undefined);
      }

      this.#refuse(batch.first + from + problem.line - 1, error);
      return from + problem.line;
    }
  }

  #advance(imported: number, resumeFrom: number): void {
    this.#progress.imported += imported;
    this.#progress.resumeFrom = resumeFrom;
    this.#options.onProgress?.({ ...this.#progress });
  }

  #refuse(index: number, error: HypervexError): void {
    if (this.#options.onInvalid === undefined) {
      throw this.#stopped(error, index);
    }

    this.#progress.invalid++;
    this.#progress.resumeFrom = index + 1;
    this.#options.onInvalid({ index, code: error.code, detail: withoutLine(error.message) });
  }

  #stopped(error: HypervexError, index: number | undefined): ImportError {
    const { imported, resumeFrom } = this.#progress;
    return new ImportError({ imported, resumeFrom, index }, withoutLine(error.message), error);
  }
}

// The server counts the lines of one request.
function withoutLine(message: string): string {
  return message.replace(/^Line \d+: /, "");
}

function isFaultOfOneRecord(error: HypervexError): boolean {
  return error instanceof ApiError && (error.status === 400 || error.status === 413);
}
