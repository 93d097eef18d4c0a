// Objects whose keys are a user's names and not ours.
const DICTIONARIES = new Set(["vectors", "field_indexes"]);
const TIMES = new Set(["created_at", "previous_until", "last_finished", "started_at", "finished_at"]);

/** A message with its keys in camelCase and its times as Dates; names that users gave stay as they are. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(camelCased);
  }

  if (typeof value !== "object" || value === null) {
    return value;
  }

  return Object.fromEntries(Object.entries(value).map(([key, member]) => [camelCasedName(key), memberOf(key, member)]));
}

function memberOf(key: string, value: unknown): unknown {
  if (TIMES.has(key) && typeof value === "string") {
    return new Date(value);
  }

  return DICTIONARIES.has(key) && typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, camelCased(member)]))
    : camelCased(value);
}

function camelCasedName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
