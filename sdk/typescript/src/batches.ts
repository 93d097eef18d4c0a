const NOT_ASCII = /[^\p{ASCII}]/u;
const encoder = new TextEncoder();

/** A run of texts that goes into one request. */
export interface Batch {
  /** The index of its first item. */
  first: number;
  texts: string[];
}

/** Limits of a request. */
export interface BatchLimits {
  maxCount: number;
  /** Of all texts together, with one byte between them. */
  maxBytes: number;
}

/** Length in UTF-8. */
export function utf8Length(text: string): number {
  return NOT_ASCII.test(text) ? encoder.encode(text).length : text.length;
}

/** Gathers texts until one more would not fit. A text that is too long alone makes a batch of its own. */
export class BatchCollector {
  readonly #limits: BatchLimits;
  #batch: Batch;
  #bytes = 0;

  constructor(limits: BatchLimits, first = 0) {
    this.#limits = limits;
    this.#batch = { first, texts: [] };
  }

  get isEmpty(): boolean {
    return this.#batch.texts.length === 0;
  }

  /** Adds a text; returns the batch that is full without it, if it does not fit any more. */
  add(text: string): Batch | undefined {
    const bytes = utf8Length(text) + 1;
    const isFull =
      this.#batch.texts.length === this.#limits.maxCount ||
      (!this.isEmpty && this.#bytes + bytes > this.#limits.maxBytes);
    const full = isFull ? this.take() : undefined;
    this.#batch.texts.push(text);
    this.#bytes += bytes;
    return full;
  }

  /** What was gathered; the next text begins a new batch. */
  take(): Batch {
    const batch = this.#batch;
    this.#batch = { first: batch.first + batch.texts.length, texts: [] };
    this.#bytes = 0;
    return batch;
  }
}
