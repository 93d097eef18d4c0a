import { ValidationError } from "./errors.js";

/** One segment of a path. */
export function segmentOf(text: string, what: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw ValidationError.of("invalid_id", `${what} is not Unicode: it has half of a surrogate pair.`);
  }
}

/** The segment of a record's id, where a path can have it: URLs take "." and ".." for directories, and HTTP has no null. */
export function idSegmentOf(id: string): string {
  if (id === "" || id === "." || id === ".." || id.includes("\0")) {
    throw ValidationError.of(
      "invalid_id",
      `The id ${JSON.stringify(id)} cannot stand in a URL. Records with such ids are written with upsert, read with get, and deleted with delete without ifVersion.`,
    );
  }

  return segmentOf(id, "The id");
}

/** A query string with what is not undefined. */
export function queryOf(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ""
    : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}
