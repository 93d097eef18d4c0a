import { ValidationError } from "./errors.js";
import { encodeJson, encodeVector } from "./json-encode.js";
import type { RecordInput, RecordUpdate, VectorInput } from "./record.js";
import type { WireHit, WireRecord } from "./wire.js";

/** How a vector that was read is handed out. */
export type VectorReader<TVector> = (components: number[]) => TVector;

/** A record as JSON. */
export function encodeRecord(record: RecordInput<object>, path: string): string {
  const members: string[] = [];
  add(members, "vector_id", record.id, path);
  addVectors(members, record, path);
  add(members, "metadata", record.metadata, path);
  add(members, "document", record.document, path);
  add(members, "expires_at", record.expiresAt, path);
  add(members, "created_at", record.createdAt, path);
  return `{${members.join(",")}}`;
}

/** An update as JSON. */
export function encodeUpdate(update: RecordUpdate): string {
  const members: string[] = [];
  addVectors(members, update, "$");
  add(members, "metadata", update.metadata, "$");
  add(members, "metadata_mode", update.metadataMode, "$");
  add(members, "document", update.document, "$");
  add(members, "expires_at", update.expiresAt, "$");
  return `{${members.join(",")}}`;
}

/** A record that was read. */
export function recordOf<TVector>(wire: WireRecord, readVector: VectorReader<TVector>): object {
  const record: Record<string, unknown> = { id: wire.vector_id };
  copyParts(wire, record, readVector);
  if (wire.expires_at !== undefined) {
    record["expiresAt"] = new Date(wire.expires_at);
  }

  record["createdAt"] = new Date(wire.created_at);
  record["updatedAt"] = new Date(wire.updated_at);
  record["version"] = wire.version;
  return record;
}

/** A result of a search. */
export function hitOf<TVector>(wire: WireHit, readVector: VectorReader<TVector>): object {
  const hit: Record<string, unknown> = { id: wire.vector_id, score: wire.score, distance: wire.distance };
  copyParts(wire, hit, readVector);
  return hit;
}

function copyParts<TVector>(
  wire: WireRecord | WireHit,
  to: Record<string, unknown>,
  readVector: VectorReader<TVector>,
): void {
  if (wire.vector !== undefined) {
    to["vector"] = readVector(wire.vector);
  }

  if (wire.vectors !== undefined) {
    to["vectors"] = Object.fromEntries(
      Object.entries(wire.vectors).map(([name, components]) => [name, readVector(components)]),
    );
  }

  if (wire.metadata !== undefined) {
    to["metadata"] = wire.metadata;
  }

  if (wire.document !== undefined) {
    to["document"] = wire.document;
  }
}

function add(members: string[], name: string, value: unknown, path: string): void {
  if (value === undefined) {
    return;
  }

  if (value instanceof Date && Number.isNaN(value.getTime())) {
    throw ValidationError.of("invalid_argument", `${path}.${name}: the Date is invalid.`);
  }

  members.push(`"${name}":${encodeJson(value, `${path}.${name}`)}`);
}

function addVectors(
  members: string[],
  holder: { vector?: VectorInput | undefined; vectors?: Readonly<Record<string, VectorInput>> | undefined },
  path: string,
): void {
  if (holder.vector !== undefined) {
    members.push(`"vector":${encodeVector(holder.vector, `${path}.vector`)}`);
  }

  if (holder.vectors !== undefined) {
    const named = Object.entries(holder.vectors).map(
      ([name, vector]) => `${JSON.stringify(name)}:${encodeVector(vector, `${path}.vectors.${name}`)}`,
    );
    members.push(`"vectors":{${named.join(",")}}`);
  }
}
