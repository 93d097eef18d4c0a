/** A value of metadata. Integers beyond ±(2^53 - 1) are bigints; the server keeps integers as int64. */
export type MetadataValue =
  string | number | bigint | boolean | null | readonly MetadataValue[] | { readonly [key: string]: MetadataValue };

/** Metadata of which nothing more is known. */
export type Metadata = Record<string, MetadataValue>;

/** A vector that is sent: an array of numbers, a Float32Array, a Uint8Array of packed bits. */
export type VectorInput = ArrayLike<number>;

/** A part of a record beside its id. */
export type RecordPart = "metadata" | "document" | "vector" | "vectors";

/** When a write is acknowledged: synced (the server's default unless set otherwise), within the next sync, or given to the system. */
export type Durability = "fsync" | "batch" | "os";

/**
 * A record to write. What a read returned is one too: `updatedAt` and `version` are passed over, `createdAt` counts in an
 * import only.
 */
export interface RecordInput<TMetadata extends object = Metadata> {
  /** 1 to 512 bytes of UTF-8; left out, the server makes a UUID (version 7). */
  id?: string | undefined;
  /** The vector of the default field. */
  vector?: VectorInput | undefined;
  /** The vectors of named fields. */
  vectors?: Readonly<Record<string, VectorInput>> | undefined;
  metadata?: TMetadata | undefined;
  /** The text that the vectors stand for. */
  document?: string | null | undefined;
  /** From when on nothing finds the record, to the millisecond: a Date, or a time of RFC 3339 with its offset. */
  expiresAt?: Date | string | undefined;
  createdAt?: Date | string | undefined;
  updatedAt?: Date | string | undefined;
  version?: string | undefined;
}

/** What to change of a record; what is left out stays. */
export interface RecordUpdate<TMetadata extends object = Metadata> {
  vector?: VectorInput | undefined;
  vectors?: Readonly<Record<string, VectorInput>> | undefined;
  /** Merged by RFC 7396 (null removes a member, objects merge), unless `metadataMode` is `replace`. */
  metadata?: MetadataPatch<TMetadata> | undefined;
  metadataMode?: "merge" | "replace" | undefined;
  document?: string | undefined;
  /** As for a new record, or `never`. */
  expiresAt?: Date | string | undefined;
}

/** Metadata of which members may be missing, or null, which removes them. */
export type MetadataPatch<TMetadata extends object> = { [Key in keyof TMetadata]?: TMetadata[Key] | null };

/** The parts of a record that were asked for. */
export type Parts<TMetadata extends object, TVector, TPart extends RecordPart> = ("metadata" extends TPart
  ? { metadata: TMetadata }
  : unknown) &
  ("document" extends TPart ? { document: string | null } : unknown) &
  ("vector" extends TPart ? { vector?: TVector } : unknown) &
  ("vectors" extends TPart ? { vectors?: Record<string, TVector> } : unknown);

/** A record as the server has it. */
export type StoredRecord<
  TMetadata extends object = Metadata,
  TVector = number[],
  TPart extends RecordPart = RecordPart,
> = Parts<TMetadata, TVector, TPart> & {
  id: string;
  expiresAt?: Date;
  createdAt: Date;
  updatedAt: Date;
  /** 32 hexadecimal digits; of two writes of one id the greater version is the later. */
  version: string;
};

/** A result of a search. */
export type Hit<TMetadata extends object = Metadata, TVector = number[], TPart extends RecordPart = "metadata"> = Parts<
  TMetadata,
  TVector,
  TPart
> & {
  id: string;
  /** Greater for the nearer: cosine similarity, inner product, else 1 / (1 + distance). */
  score: number;
  /** The metric's own; smaller is nearer. */
  distance: number;
};
