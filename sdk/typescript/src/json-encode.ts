import { ValidationError } from "./errors.js";

// Deeper than anything that the server takes (32 levels), and an end for values that hold themselves.
const DEEPEST = 64;

// Nine significant digits tell every float32 from its neighbours; longer spellings of a component only cost bytes.
const FLOAT32_DIGITS = 9;
const LONGEST_COMPONENT = 12;

/**
 * JSON as JSON.stringify makes it, with three differences: a bigint becomes an integer (and a number beyond 2^53 does not), a
 * typed array becomes an array, and a number that is not finite is refused instead of becoming null.
 *
 * @param path Where the value stands, for messages: `$.filter`.
 */
export function encodeJson(value: unknown, path: string): string {
  return encode(value, path, 0) ?? "null";
}

/** The components of a vector, each the shortest text that stands for the same float32, or shorter than that. */
export function encodeVector(vector: ArrayLike<number>, path: string): string {
  if (!Array.isArray(vector) && !isTypedArray(vector)) {
    throw ValidationError.of("invalid_vector", `${path}: expected an array of numbers or a typed array.`);
  }

  const parts = new Array<string>(vector.length);
  for (let i = 0; i < vector.length; i++) {
    const component: unknown = vector[i];
    if (typeof component !== "number") {
      throw ValidationError.of(
        "invalid_vector",
        `${path}[${String(i)}]: expected a number, found ${typeof component}.`,
      );
    }

    const single = Math.fround(component);
    if (!Number.isFinite(single)) {
      const what = Number.isFinite(component) ? "beyond the range of float32" : String(component);
      throw ValidationError.of(
        "non_finite_vector",
        `${path}[${String(i)}]: the component is ${what}; every component must be a finite float32.`,
      );
    }

    const text = String(component);
    parts[i] = text.length > LONGEST_COMPONENT ? single.toPrecision(FLOAT32_DIGITS) : text;
  }

  return `[${parts.join(",")}]`;
}

function encode(value: unknown, path: string, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) {
        throw ValidationError.of("invalid_json", `${path}: ${String(value)} is no number of JSON.`);
      }

      // A number beyond 2^53 is a float, and has to look like one: the server keeps digits alone as int64.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? "null" : encodeObject(value, path, depth);
    default:
      return undefined;
  }
}

function encodeObject(value: object, path: string, depth: number): string | undefined {
  if (depth === DEEPEST) {
    throw ValidationError.of(
      "invalid_json",
      `${path}: nested more than ${String(DEEPEST)} levels deep, or holding itself.`,
    );
  }

  if (isTypedArray(value)) {
    return encodeVector(value, path);
  }

  if (Array.isArray(value)) {
    const items = value.map((item, index) => encode(item, `${path}[${String(index)}]`, depth + 1) ?? "null");
    return `[${items.join(",")}]`;
  }

  if ("toJSON" in value && typeof value.toJSON === "function") {
    return encode((value.toJSON as () => unknown)(), path, depth + 1);
  }

  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = encode(member, `${path}.${name}`, depth + 1);
    if (text !== undefined) {
      members.push(`${JSON.stringify(name)}:${text}`);
    }
  }

  return `{${members.join(",")}}`;
}

function isTypedArray(value: object): value is ArrayLike<number> & object {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
