import type { Filter } from "./filter.js";
import type { Hit, Metadata, RecordPart, VectorInput } from "./record.js";
import type { WireLimitedBy } from "./wire.js";

/** What every kind of search takes. */
export interface SearchOptions<TMetadata extends object = Metadata> {
  /** Number of results (of groups), 1 to 10,000; 10 unless given, with a `radius` 10,000. */
  topK?: number | undefined;
  /** Only results with at least this score. */
  minScore?: number | undefined;
  /** Range search: all results within this distance, at most `topK`. */
  radius?: number | undefined;
  /** Only records that match. */
  filter?: Filter<TMetadata> | undefined;
  /** Width of the beam, 1 to 65,536; the collection's unless given. */
  ef?: number | undefined;
  /** Instead of `ef`: the recall to hold, 0.5 to 0.999. */
  targetRecall?: number | undefined;
  /** How many times `topK` candidates are ranked again by full precision at least, 1 to 100. */
  oversampling?: number | undefined;
  /** Limit on the work: records that are compared. */
  maxDistances?: number | bigint | undefined;
  /** Scan exactly. */
  exact?: boolean | undefined;
  /** The vector field; the default one unless given. */
  using?: string | undefined;
  /** The server stops the search after so many milliseconds, with an ApiError of the code `timeout`. */
  timeoutMs?: number | undefined;
  /** Say how the results were found. */
  explain?: boolean | undefined;
}

/** What the results shall be near to: a vector, or the vector of a record, which is then not among them. */
export type Query = { vector: VectorInput; id?: undefined } | { id: string; vector?: undefined };

/** Results that differ from each other, by maximal marginal relevance (Carbonell and Goldstein 1998). */
export interface Diversity {
  /** 1 = only nearness, 0 = only difference; 0.5 unless given. */
  lambda?: number | undefined;
  /** The nearest records that are chosen from, `topK` to 1,000; 4 `topK` and at least 100 unless given. */
  candidates?: number | undefined;
}

/** Which parts of the records come with the results; `["metadata"]` unless given. */
export interface Including<TPart extends RecordPart> {
  include?: readonly TPart[] | undefined;
}

/** A search for the nearest records. */
export type SearchRequest<
  TMetadata extends object = Metadata,
  TPart extends RecordPart = RecordPart,
> = SearchOptions<TMetadata> & Query & Including<TPart> & { mmr?: Diversity | undefined };

/** A search for the groups whose best records are nearest. */
export type GroupSearchRequest<
  TMetadata extends object = Metadata,
  TPart extends RecordPart = RecordPart,
> = SearchOptions<TMetadata> &
  Query &
  Including<TPart> & {
    /** The metadata field whose values make the groups. */
    groupBy: string;
    /** Greatest number of results of a group; 1 unless given. */
    groupSize?: number | undefined;
  };

/** A search by examples: ids as strings, vectors as arrays, at most 64 together. */
export type RecommendRequest<
  TMetadata extends object = Metadata,
  TPart extends RecordPart = RecordPart,
> = SearchOptions<TMetadata> &
  Including<TPart> & {
    /** What the results shall be like; at least one. */
    positive: readonly (string | VectorInput)[];
    /** What they shall be unlike. */
    negative?: readonly (string | VectorInput)[] | undefined;
    /** One search for a mean, or every record compared with every example; `average_vector` unless given. */
    strategy?: "average_vector" | "best_score" | undefined;
  };

/** How results were found. */
export interface Explanation {
  plan: "graph" | "filtered_graph" | "scan" | (string & {});
  estimatedMatches?: number;
  matches?: number;
  recordsRead: number;
  distances: number;
  ef: number;
  filterUs: number;
  searchUs: number;
  readUs: number;
  warnings: string[];
}

/** The answer to a search, the nearest first (with `mmr`, in the order of their choice). */
export interface SearchResult<
  TMetadata extends object = Metadata,
  TVector = number[],
  TPart extends RecordPart = "metadata",
> {
  results: Hit<TMetadata, TVector, TPart>[];
  /** What ended the search before all that match was found. */
  limitedBy?: WireLimitedBy;
  /** With `targetRecall`: the width of the beam that it led to; 0: the records were scanned. */
  ef?: number;
  explain?: Explanation;
}

/** The answer to a search for groups, the group with the nearest record first. */
export interface GroupSearchResult<
  TMetadata extends object = Metadata,
  TVector = number[],
  TPart extends RecordPart = "metadata",
> {
  groups: { value: string | number | bigint | boolean; results: Hit<TMetadata, TVector, TPart>[] }[];
  limitedBy?: WireLimitedBy;
}
