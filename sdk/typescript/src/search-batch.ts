import { BatchCollector, type Batch } from "./batches.js";
import { encodeSearch, searchResultsOf, type AnySearch } from "./search-mapping.js";
import type { VectorReader } from "./record-mapping.js";
import type { WireSearchBatchAnswer } from "./wire.js";

// Limits of one body (docs/limits.md).
const MAX_SEARCHES = 1_000;
const MAX_RESULTS = 100_000;
const DEFAULT_TOP_K = 10;
const RANGE_TOP_K = 10_000;
const FRAME_BYTES = '{"searches":[]}'.length;

/** Sends as few requests as hold the searches. */
export async function searchInBatches<TVector>(
  searches: readonly AnySearch[],
  maxBodyBytes: number,
  readVector: VectorReader<TVector>,
  send: (body: string) => Promise<unknown>,
): Promise<object[]> {
  const results: object[] = [];
  const batches = new BatchCollector({ maxCount: MAX_SEARCHES, maxBytes: maxBodyBytes - FRAME_BYTES });
  const run = async (batch: Batch): Promise<void> => {
    const answer = (await send(`{"searches":[${batch.texts.join(",")}]}`)) as WireSearchBatchAnswer;
    results.push(...searchResultsOf(answer, readVector));
  };

  let asked = 0;
  for (const [index, search] of searches.entries()) {
    const topK = search.topK ?? (search.radius === undefined ? DEFAULT_TOP_K : RANGE_TOP_K);
    if (asked + topK > MAX_RESULTS && !batches.isEmpty) {
      await run(batches.take());
      asked = 0;
    }

    asked += topK;
    const full = batches.add(encodeSearch(search, `$.searches[${String(index)}]`));
    if (full !== undefined) {
      await run(full);
      asked = topK;
    }
  }

  if (!batches.isEmpty) {
    await run(batches.take());
  }

  return results;
}
