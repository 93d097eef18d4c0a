import type { Durability } from "./record.js";
import type { FieldIndex, Metric, Quantization } from "./settings.js";

/** An index of vectors and how far it is. */
export interface VectorIndexStats {
  type: "hnsw" | "flat";
  m: number;
  efConstruction: number;
  ef: number;
  /** Vectors that are linked into the graph. */
  linked: number;
  /** Vectors that wait for linking and are scanned. */
  pending: number;
  /** What searches run on now, and how far the codes are that the setting asks for; absent of a flat index, and until the first vector. */
  codes?: { kind: Exclude<Quantization, "auto">; state: "ready" | "waiting" | "training"; progress?: number };
  /** The curves that `targetRecall` goes by. */
  recall?: { k: number; rows: number; queries: number; points: { ef: number; recall: number }[] }[];
}

/** A vector field. */
export interface VectorFieldStats {
  /** Null until the first vector has decided it. */
  dimension: number | null;
  metric: Metric;
  curvature?: number;
  project?: boolean;
  index: VectorIndexStats;
}

/** The default vector field, null where a collection has named ones only. */
export type DefaultFieldStats = { [Key in keyof VectorFieldStats]: VectorFieldStats[Key] | null };

/** What a collection holds; docs/rest.md says what each figure counts. */
export interface CollectionStats extends DefaultFieldStats {
  count: number;
  capacity: number | null;
  /** Of writes that name none. */
  durability: Durability;
  /** Null without a disk. */
  storagePath: string | null;
  memory: {
    rowBytes: number;
    indexBytes: number;
    graphBytes: number;
    codeBytes: number;
    recordTableBytes: number;
    rowMemoryBytes: number;
    pendingBytes: number;
    totalBytes: number;
    bytesPerVector: number | null;
  };
  logBytes: number;
  garbageRatio: number;
  chunkBytes: number;
  rowAccess: "map" | "memory" | "read";
  /** Null while scrubs are turned off. */
  scrub: {
    lastFinished: Date | null;
    running: boolean;
    bytesChecked: number;
    problems: number;
    repaired: number;
    findings: { file: string; message: string }[];
  } | null;
  database: { memoryBytes: number; memoryLimit: number | null; openFiles: number };
  lastSequence: number;
  fieldIndexes?: FieldIndex[];
  /** Vector fields by name, unless there is the default one only. */
  vectors?: Record<string, VectorFieldStats>;
}
