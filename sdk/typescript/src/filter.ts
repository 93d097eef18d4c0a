import type { Metadata, MetadataValue } from "./record.js";

/** What an operator compares with: a value of the field, or, where the field is an array, one of its items. */
export type Operand<V> = NonNullable<V> | (NonNullable<V> extends readonly (infer I)[] ? I : never) | null;

/** What has an order: numbers among each other, strings by code point. */
export type OrderedOperand = number | bigint | string;

/** Operators on one field; all of them must hold. docs/filters.md says what each means. */
export interface Operators<V = MetadataValue> {
  $eq?: Operand<V>;
  $ne?: Operand<V>;
  $gt?: OrderedOperand;
  $gte?: OrderedOperand;
  $lt?: OrderedOperand;
  $lte?: OrderedOperand;
  $in?: readonly Operand<V>[];
  $nin?: readonly Operand<V>[];
  $exists?: boolean;
  $contains?: Operand<V>;
  $prefix?: string;
  $match?: string;
  $near?: { lat: number; lon: number; radius_m: number };
  $not?: Operators<V>;
}

/** A value, short for `$eq`, or operators. A plain object is no short form: the server refuses it. */
export type Condition<V = MetadataValue> = Exclude<Operand<V>, Readonly<Record<string, unknown>>> | Operators<V>;

/** A filter over metadata of which no type is known. */
export interface AnyFilter {
  readonly [path: string]: Condition | AnyFilter | readonly AnyFilter[] | undefined;
}

/** A filter whose fields are checked; a path with a dot leads into objects and is not. */
export type TypedFilter<TMetadata extends object> = {
  readonly [Field in keyof TMetadata & string]?: Condition<TMetadata[Field]>;
} & Readonly<Record<`${string}.${string}`, Condition>> & {
    readonly $and?: readonly TypedFilter<TMetadata>[];
    readonly $or?: readonly TypedFilter<TMetadata>[];
    readonly $not?: TypedFilter<TMetadata>;
  };

/** A condition on metadata, written as docs/filters.md has it and sent as it is. */
export type Filter<TMetadata extends object = Metadata> = string extends keyof TMetadata
  ? AnyFilter
  : TypedFilter<TMetadata>;
