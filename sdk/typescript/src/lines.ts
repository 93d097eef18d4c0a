import type { CallClock } from "./call-clock.js";
import { ConnectionError } from "./errors.js";

/** Anything that yields bytes or text, piece by piece. */
export type TextSource =
  string | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> | ReadableStream<Uint8Array>;

/**
 * The lines of an answer, each ended by a line feed, as they come: no more than one line and one piece are in memory. Ending the
 * iteration early ends the request.
 */
export async function* linesOfAnswer(body: ReadableStream<Uint8Array>, clock: CallClock): AsyncGenerator<string, void> {
  const reader = body.getReader();
  try {
    const splitter = new LineSplitter();
    let count = 0;
    for (;;) {
      const piece = await readPiece(reader, clock, count);
      if (piece === undefined) {
        break;
      }

      for (const line of splitter.add(piece)) {
        count++;
        yield line;
      }
    }

    if (splitter.rest() !== "") {
      throw new ConnectionError(`The answer broke off after ${String(count)} records.`, true);
    }
  } finally {
    clock.stop();
    await reader.cancel().catch(() => undefined);
  }
}

/** The lines of a text; the last one may lack its line feed. */
export async function* linesOf(source: TextSource): AsyncGenerator<string, void> {
  const splitter = new LineSplitter();
  for await (const piece of piecesOf(source)) {
    yield* splitter.add(piece);
  }

  const rest = splitter.rest();
  if (rest !== "") {
    yield rest;
  }
}

async function readPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  clock: CallClock,
  count: number,
): Promise<Uint8Array | undefined> {
  clock.restart();
  try {
    const { done, value } = await reader.read();
    return done ? undefined : value;
  } catch (error) {
    throw clock.explain(error, `after ${String(count)} records`);
  } finally {
    clock.pause();
  }
}

async function* piecesOf(source: TextSource): AsyncGenerator<string | Uint8Array, void> {
  if (typeof source === "string") {
    yield source;
  } else if ("getReader" in source) {
    // Not every browser iterates over streams.
    const reader = source.getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        yield next.value;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  } else {
    yield* source;
  }
}

/** Cuts pieces of text into lines. What is left of the last line is kept in parts, so that long lines cost no more than their length. */
class LineSplitter {
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];

  *add(piece: string | Uint8Array): Generator<string, void> {
    const text = typeof piece === "string" ? piece : this.#decoder.decode(piece, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#parts.push(text.slice(start, end));
      const line = this.#parts.join("");
      this.#parts = [];
      start = end + 1;
      yield line;
    }

    if (start < text.length) {
      this.#parts.push(text.slice(start));
    }
  }

  rest(): string {
    return this.#parts.join("") + this.#decoder.decode();
  }
}
