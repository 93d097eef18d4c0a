import { BatchCollector, type Batch } from "./batches.js";
import { HypervexError, PartialUpsertError, ValidationError } from "./errors.js";
import { encodeRecord } from "./record-mapping.js";
import type { RecordInput } from "./record.js";
import type { WireBatchAnswer } from "./wire.js";

const MAX_RECORDS = 10_000;
const FRAME_BYTES = frame([], false).length;

/** A record that a partial upsert did not write. */
export interface UpsertFault {
  /** Its index in the list. */
  index: number;
  code: string;
  detail: string;
}

/** What became of the records of an upsert. */
export interface UpsertResult {
  /** Records written; of several with one id only the last counts. */
  upserted: number;
  /** The id of each record, in the order of the list; null for one that a partial upsert did not write. */
  ids: (string | null)[];
  /** Indexes of records that a later one with the same id superseded. */
  superseded: number[];
  /** What a partial upsert did not write. */
  errors: UpsertFault[];
}

/** Sends as few requests as hold the records; each is encoded when the one before it is done. */
export async function upsertInBatches(
  records: readonly RecordInput<object>[],
  partial: boolean,
  maxBodyBytes: number,
  send: (body: string) => Promise<unknown>,
): Promise<UpsertResult> {
  const ids = new Array<string | null>(records.length).fill(null);
  const errors: UpsertFault[] = [];

  // Records that are sent, by their indexes in the list: a partial upsert leaves out what cannot be encoded.
  const sent: number[] = [];
  const batches = new BatchCollector({ maxCount: MAX_RECORDS, maxBytes: maxBodyBytes - FRAME_BYTES });

  const write = async (batch: Batch): Promise<void> => {
    const answer = (await send(frame(batch.texts, partial))) as WireBatchAnswer;
    answer.vector_ids.forEach((id, index) => {
      ids[sent[batch.first + index] as number] = id;
    });
    for (const error of answer.errors ?? []) {
      errors.push({ index: sent[batch.first + error.index] as number, code: error.code, detail: error.detail });
    }
  };

  let written = 0;
  try {
    for (const [index, record] of records.entries()) {
      const text = partial ? encodeOrReport(record, index, errors) : encodeRecord(record, pathOf(index));
      if (text === undefined) {
        continue;
      }

      const full = batches.add(text);
      sent.push(index);
      if (full !== undefined) {
        await write(full);
        written = index;
      }
    }

    if (!batches.isEmpty) {
      await write(batches.take());
    }
  } catch (error) {
    throw written > 0 && error instanceof HypervexError ? new PartialUpsertError(ids.slice(0, written), error) : error;
  }

  return { ...survivorsOf(ids), ids, errors: errors.sort((left, right) => left.index - right.index) };
}

function encodeOrReport(record: RecordInput<object>, index: number, errors: UpsertFault[]): string | undefined {
  try {
    return encodeRecord(record, pathOf(index));
  } catch (error) {
    if (!(error instanceof ValidationError)) {
      throw error;
    }

    errors.push({ index, code: error.code, detail: error.message });
    return undefined;
  }
}

// The server says it for each request; an id may come again in another one.
function survivorsOf(ids: readonly (string | null)[]): { upserted: number; superseded: number[] } {
  const last = new Map<string, number>();
  const superseded: number[] = [];
  ids.forEach((id, index) => {
    if (id === null) {
      return;
    }

    const earlier = last.get(id);
    if (earlier !== undefined) {
      superseded.push(earlier);
    }

    last.set(id, index);
  });
  return { upserted: last.size, superseded: superseded.sort((left, right) => left - right) };
}

function pathOf(index: number): string {
  return `$.vectors[${String(index)}]`;
}

function frame(texts: readonly string[], partial: boolean): string {
  return `{"partial":${String(partial)},"vectors":[${texts.join(",")}]}`;
}
