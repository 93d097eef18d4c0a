import type { Durability } from "./record.js";
import type { WireCollection, WireVectorField } from "./wire.js";

export type Metric = "cosine" | "l2" | "dot" | "manhattan" | "hamming" | "poincare" | "lorentz";
export type Quantization = "none" | "sq8" | "sq4" | "binary" | "auto";
export type FieldIndexType = "keyword" | "integer" | "float" | "boolean" | "geo" | "datetime" | "text";

/** A graph with its parameters, or `flat`: every search scans. */
export interface IndexSettings {
  type?: "hnsw" | "flat" | undefined;
  /** Links per node, 2 to 128. */
  m?: number | undefined;
  /** Width of the beam while building, to 4,096. */
  efConstruction?: number | undefined;
  /** Width of the beam of searches that name none. */
  ef?: number | undefined;
}

/** A vector field. */
export interface VectorFieldSettings {
  /** 1 to 65,536; left out, the first vector decides. */
  dimension?: number | undefined;
  /** `cosine` unless given. */
  metric?: Metric | undefined;
  /** Of hyperbolic space: c of the curvature -c. */
  curvature?: number | undefined;
  /** Of hyperbolic space: move points outside of the domain into it instead of refusing them. */
  project?: boolean | undefined;
  index?: IndexSettings | undefined;
  /** `none` unless given. */
  quantization?: Quantization | undefined;
}

/** A collection to create: one vector field in the short form, or several under `vectors`. */
export interface CollectionSettings extends VectorFieldSettings {
  /** Greatest number of records. */
  capacity?: number | undefined;
  /** Of writes that name none; left out, as the server is set. */
  durability?: Durability | undefined;
  /** Indexes of metadata fields, by field. */
  fieldIndexes?: Readonly<Record<string, FieldIndexType>> | undefined;
  /** Vector fields by name, instead of the short form. */
  vectors?: Readonly<Record<string, VectorFieldSettings>> | undefined;
}

/** A vector field as the server describes it. */
export interface VectorFieldDescription {
  /** Null until the first vector has decided it. */
  dimension: number | null;
  metric: Metric;
  /** Of hyperbolic space only, as `project`. */
  curvature?: number;
  project?: boolean;
  /** `flat` has no parameters. */
  index: { type: "hnsw" | "flat"; m?: number; efConstruction?: number; ef?: number };
  quantization: Quantization;
}

/** The default vector field, null where a collection has named ones only. */
export type DefaultFieldDescription = { [Key in keyof VectorFieldDescription]: VectorFieldDescription[Key] | null };

/** A collection as the server describes it. */
export interface CollectionDescription extends DefaultFieldDescription {
  name: string;
  capacity: number | null;
  /** Of writes that name none; absent: as the server is set. */
  durability?: Durability;
  /** Records that are there. */
  count: number;
  fieldIndexes?: Record<string, FieldIndexType>;
  /** Vector fields by name, unless there is the default one only. */
  vectors?: Record<string, VectorFieldDescription>;
}

/** An index of a metadata field; it is used once it is ready. */
export interface FieldIndex {
  field: string;
  type: FieldIndexType;
  ready: boolean;
  /** 0 to 1. */
  progress: number;
  /** Why it cannot be built. */
  problem?: string;
  records: number;
  /** Records with a value that the index does not take. */
  otherRecords: number;
  values?: number;
  memoryBytes: number;
}

/** Settings of a collection to alter. */
export interface CollectionChanges {
  /** Greatest number of records from now on; null = unlimited. Below the present number nothing is deleted, and nothing created. */
  capacity?: number | null | undefined;
  /** Of the default vector field: width of the beam of searches that name none. */
  ef?: number | undefined;
  /** The same of named vector fields. */
  fieldEf?: Readonly<Record<string, number>> | undefined;
  /** Of writes from now on that name none; null = as the server is set. */
  durability?: Durability | null | undefined;
  /** The codes of the default vector field, trained in the background and then used at once. */
  quantization?: Quantization | undefined;
  /** The same of named vector fields. */
  fieldQuantization?: Readonly<Record<string, Quantization>> | undefined;
}

function wireIndexChangesOf(ef: number | undefined): object | undefined {
  return ef === undefined ? undefined : { ef };
}

/** Changes as the wire has them. */
export function wireChangesOf(changes: CollectionChanges): object {
  const { capacity, durability, ef, fieldEf = {}, quantization, fieldQuantization = {} } = changes;
  const fields = [...new Set([...Object.keys(fieldEf), ...Object.keys(fieldQuantization)])].map(
    (field): [string, object] => [
      field,
      dropUndefined({ index: wireIndexChangesOf(fieldEf[field]), quantization: fieldQuantization[field] }),
    ],
  );
  return dropUndefined({
    capacity,
    durability,
    index: wireIndexChangesOf(ef),
    quantization,
    vectors: fields.length > 0 ? Object.fromEntries(fields) : undefined,
  });
}

/** Settings as the wire has them. */
export function wireCollectionOf(name: string, settings: CollectionSettings): WireCollection {
  return dropUndefined({
    name,
    ...wireFieldOf(settings),
    capacity: settings.capacity,
    durability: settings.durability,
    field_indexes: settings.fieldIndexes,
    vectors:
      settings.vectors &&
      Object.fromEntries(Object.entries(settings.vectors).map(([field, one]) => [field, wireFieldOf(one)])),
  }) as WireCollection;
}

function wireFieldOf(settings: VectorFieldSettings): WireVectorField {
  const { index } = settings;
  return dropUndefined({
    dimension: settings.dimension,
    metric: settings.metric,
    curvature: settings.curvature,
    project: settings.project,
    index:
      index && dropUndefined({ type: index.type, m: index.m, ef_construction: index.efConstruction, ef: index.ef }),
    quantization: settings.quantization,
  });
}

function dropUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
