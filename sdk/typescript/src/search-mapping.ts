import { camelCased } from "./camel-case.js";
import { encodeJson, encodeVector } from "./json-encode.js";
import { hitOf, type VectorReader } from "./record-mapping.js";
import type { Diversity, SearchOptions } from "./search.js";
import type { RecordPart, VectorInput } from "./record.js";
import type { WireGroupsAnswer, WireLimitedBy, WireSearch, WireSearchAnswer, WireSearchBatchAnswer } from "./wire.js";

/** Every key that one of the searches has. */
export interface AnySearch extends SearchOptions<object> {
  vector?: VectorInput | undefined;
  id?: string | undefined;
  include?: readonly RecordPart[] | undefined;
  mmr?: Diversity | undefined;
  groupBy?: string | undefined;
  groupSize?: number | undefined;
  positive?: readonly (string | VectorInput)[] | undefined;
  negative?: readonly (string | VectorInput)[] | undefined;
  strategy?: string | undefined;
}

type WireMembers = { [Key in keyof WireSearch]: WireSearch[Key] | undefined };

/** A search as JSON. */
export function encodeSearch(search: AnySearch, path: string): string {
  const wire: WireMembers = {
    query_vector: search.vector,
    vector_id: search.id,
    top_k: search.topK,
    min_score: search.minScore,
    radius: search.radius,
    filter: search.filter,
    ef: search.ef,
    target_recall: search.targetRecall,
    oversampling: search.oversampling,
    max_distances: search.maxDistances,
    exact: search.exact,
    using: search.using,
    timeout_ms: search.timeoutMs,
    explain: search.explain,
    include: search.include,
    group_by: search.groupBy,
    group_size: search.groupSize,
    positive: search.positive,
    negative: search.negative,
    strategy: search.strategy,
    mmr: search.mmr as WireSearch["mmr"],
  };
  const members = Object.entries(wire)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `"${name}":${encodeMember(name, value, path)}`);
  return `{${members.join(",")}}`;
}

function encodeMember(name: string, value: unknown, path: string): string {
  const where = `${path}.${name}`;
  if (name === "query_vector") {
    return encodeVector(value as VectorInput, where);
  }

  if (name !== "positive" && name !== "negative") {
    return encodeJson(value, where);
  }

  const examples = (value as readonly (string | VectorInput)[]).map((example, index) =>
    typeof example === "string" ? JSON.stringify(example) : encodeVector(example, `${where}[${String(index)}]`),
  );
  return `[${examples.join(",")}]`;
}

/** The answer to a search. */
export function searchResultOf<TVector>(wire: WireSearchAnswer, readVector: VectorReader<TVector>): object {
  return resultOf(wire.results, wire.limited_by, wire.ef, wire.explain, readVector);
}

/** The answers to the searches of a batch. */
export function searchResultsOf<TVector>(wire: WireSearchBatchAnswer, readVector: VectorReader<TVector>): object[] {
  return wire.results.map((results, index) =>
    resultOf(results, wire.limited_by?.[index], wire.ef?.[index], wire.explain?.[index], readVector),
  );
}

/** The answer to a search for groups. */
export function groupResultOf<TVector>(wire: WireGroupsAnswer, readVector: VectorReader<TVector>): object {
  const result: Record<string, unknown> = {
    groups: wire.groups.map((group) => ({
      value: group.value,
      results: group.results.map((hit) => hitOf(hit, readVector)),
    })),
  };
  if (wire.limited_by !== undefined) {
    result["limitedBy"] = wire.limited_by;
  }

  return result;
}

function resultOf<TVector>(
  hits: WireSearchAnswer["results"],
  limitedBy: WireLimitedBy | null | undefined,
  ef: number | undefined,
  explain: unknown,
  readVector: VectorReader<TVector>,
): object {
  const result: Record<string, unknown> = {
    results: hits.map((hit) => hitOf(hit, readVector)),
  };
  if (limitedBy !== undefined && limitedBy !== null) {
    result["limitedBy"] = limitedBy;
  }

  if (ef !== undefined) {
    result["ef"] = ef;
  }

  if (explain !== undefined && explain !== null) {
    result["explain"] = camelCased(explain);
  }

  return result;
}
