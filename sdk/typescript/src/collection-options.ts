import type { Filter } from "./filter.js";
import type { Durability, RecordPart } from "./record.js";
import type { CallOptions } from "./transport.js";

/** A call that writes. */
export interface WriteOptions extends CallOptions {
  /** When the write is acknowledged; the server's setting unless given. */
  durability?: Durability | undefined;
}

/** A write of one record. */
export interface RecordWriteOptions extends WriteOptions {
  /** Only if the record has this version, else a VersionMismatchError. */
  ifVersion?: string | undefined;
}

/** An upsert. */
export interface UpsertOptions extends WriteOptions {
  /** Write the good records and report the others in `errors`, instead of refusing all. */
  partial?: boolean | undefined;
}

/** Which parts of records are read; all unless given. */
export interface ReadOptions<TPart extends RecordPart> extends CallOptions {
  include?: readonly TPart[] | undefined;
}

/** Which records a listing has, and in which order. */
export interface ListOptions<TMetadata extends object, TPart extends RecordPart> extends ReadOptions<TPart> {
  /** Only records that match. */
  filter?: Filter<TMetadata> | undefined;
  /** A metadata field whose values order the records; in order of creation unless given. */
  orderBy?: string | undefined;
  /** With `orderBy`; ascending unless given. */
  order?: "asc" | "desc" | undefined;
}

/** A page of a listing. */
export interface Page<TRecord> {
  records: TRecord[];
  /** Where the next page begins; null behind the last one. */
  nextCursor: string | null;
}
