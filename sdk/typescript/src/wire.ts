/**
 * The messages of REST as docs/rest.md has them: one type for each body and answer, snake_case as on the wire, nothing
 * renamed and nothing added. Only this file would be generated from an OpenAPI description; the rest of the package maps
 * these types to its own.
 */

/** The stable codes of problems (docs/errors.md). A newer server may have more. */
export type WireErrorCode =
  | "invalid_argument"
  | "non_finite_vector"
  | "zero_norm"
  | "out_of_domain"
  | "dimension_mismatch"
  | "invalid_vector"
  | "limit_out_of_range"
  | "invalid_json"
  | "invalid_name"
  | "invalid_id"
  | "invalid_metadata"
  | "invalid_document"
  | "invalid_filter"
  | "bad_request"
  | "unauthorized"
  | "forbidden"
  | "forbidden_host"
  | "not_found"
  | "collection_not_found"
  | "route_not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "already_exists"
  | "collection_exists"
  | "collection_in_use"
  | "version_mismatch"
  | "body_too_large"
  | "unsupported_media_type"
  | "bad_snapshot"
  | "overloaded"
  | "internal_error"
  | "damaged"
  | "unsupported_format"
  | "log_failed"
  | "locked"
  | "closed"
  | "opening"
  | "storage_unavailable"
  | "timeout"
  | "capacity_exceeded"
  | "memory_limit"
  | "disk_full";

/** RFC 9457. The last three stand in the answer to an import that stopped. */
export interface WireProblem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  instance?: string;
  line?: number;
  imported?: number;
  resume_from_line?: number;
}

export interface WireRecord {
  vector_id: string;
  vector?: number[];
  vectors?: Record<string, number[]>;
  metadata?: unknown;
  document?: string | null;
  expires_at?: string;
  created_at: string;
  updated_at: string;
  version: string;
}

export interface WireBatchAnswer {
  upserted: number;
  vector_ids: (string | null)[];
  superseded?: number[];
  errors?: WireBatchError[];
}

export interface WireBatchError {
  index: number;
  code: string;
  detail: string;
}

export interface WireGetAnswer {
  vectors: WireRecord[];
  missing: string[];
}

export interface WirePage {
  vectors: WireRecord[];
  next_cursor: string | null;
}

export interface WireImportAnswer {
  imported: number;
  lines: number;
}

export interface WireFacets {
  values: { value: unknown; count: number }[];
  different_values: number;
}

export interface WireHit {
  vector_id: string;
  score: number;
  distance: number;
  metadata?: unknown;
  document?: string | null;
  vector?: number[];
  vectors?: Record<string, number[]>;
}

export interface WireSearch {
  query_vector?: ArrayLike<number>;
  vector_id?: string;
  top_k?: number;
  min_score?: number;
  radius?: number;
  filter?: unknown;
  ef?: number;
  target_recall?: number;
  oversampling?: number;
  max_distances?: number | bigint;
  exact?: boolean;
  using?: string;
  timeout_ms?: number;
  explain?: boolean;
  include?: readonly string[];
  group_by?: string;
  group_size?: number;
  positive?: readonly (string | ArrayLike<number>)[];
  negative?: readonly (string | ArrayLike<number>)[];
  strategy?: string;
  mmr?: { lambda?: number; candidates?: number };
}

export type WireLimitedBy = "max_distances" | "top_k";

export interface WireSearchAnswer {
  results: WireHit[];
  count: number;
  limited_by?: WireLimitedBy;
  ef?: number;
  explain?: unknown;
}

export interface WireGroupsAnswer {
  groups: { value: unknown; results: WireHit[] }[];
  count: number;
  limited_by?: WireLimitedBy;
}

export interface WireSearchBatchAnswer {
  results: WireHit[][];
  limited_by?: (WireLimitedBy | null)[];
  ef?: number[];
  explain?: unknown[];
}

export interface WireVectorField {
  dimension?: number;
  metric?: string;
  curvature?: number;
  project?: boolean;
  index?: { type?: string; m?: number; ef_construction?: number; ef?: number };
  quantization?: string;
}

export interface WireCollection extends WireVectorField {
  name: string;
  capacity?: number;
  durability?: string;
  field_indexes?: Record<string, string>;
  vectors?: Record<string, WireVectorField>;
}

export interface WireCollections {
  collections: { name: string }[];
}
