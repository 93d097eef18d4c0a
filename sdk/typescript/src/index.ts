export { Hypervex, type ClientOptions, type VectorOf, type VectorType } from "./client.js";
export { Collection } from "./collection.js";
export type {
  ListOptions,
  Page,
  ReadOptions,
  RecordWriteOptions,
  UpsertOptions,
  WriteOptions,
} from "./collection-options.js";
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  HypervexError,
  ImportError,
  NotFoundError,
  PartialUpsertError,
  PayloadTooLargeError,
  PermissionError,
  RateLimitError,
  ServerError,
  StorageFullError,
  TimeoutError,
  UnavailableError,
  ValidationError,
  VersionMismatchError,
} from "./errors.js";
export type { Alias, Aliases } from "./aliases.js";
export type { Condition, Filter, Operators } from "./filter.js";
export type { ImportOptions, ImportProgress, InvalidRecord } from "./import.js";
export type { Job, Jobs } from "./jobs.js";
export type { Keys, Key, KeyScope, KeyWithText } from "./keys.js";
export type { TextSource } from "./lines.js";
export type {
  Durability,
  Hit,
  Metadata,
  MetadataPatch,
  MetadataValue,
  RecordInput,
  RecordPart,
  RecordUpdate,
  StoredRecord,
  VectorInput,
} from "./record.js";
export type {
  Diversity,
  Explanation,
  GroupSearchRequest,
  GroupSearchResult,
  Query,
  RecommendRequest,
  SearchOptions,
  SearchRequest,
  SearchResult,
} from "./search.js";
export type {
  CollectionChanges,
  CollectionDescription,
  CollectionSettings,
  FieldIndex,
  FieldIndexType,
  IndexSettings,
  Metric,
  Quantization,
  VectorFieldDescription,
  VectorFieldSettings,
} from "./settings.js";
export type { Snapshot, Snapshots } from "./snapshots.js";
export type { CollectionStats, VectorFieldStats, VectorIndexStats } from "./stats.js";
export type { CallOptions, HypervexOptions } from "./transport.js";
export type { UpsertFault, UpsertResult } from "./upsert.js";
export type { WireErrorCode as ErrorCode } from "./wire.js";
