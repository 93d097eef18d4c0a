import { HypervexError } from "./errors.js";

// No integer beyond 2^53 is shorter.
const MAYBE_LARGE = /\d{16}/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d{16,}$/;

/**
 * What a JSON text says. Integers beyond ±(2^53 - 1), which a number would round, become bigints; they occur in metadata only,
 * whose integers the server keeps as int64.
 */
export function decodeJson(text: string): unknown {
  try {
    return MAYBE_LARGE.test(text) ? decodeLarge(text) : (JSON.parse(text) as unknown);
  } catch (error) {
    throw new HypervexError("The answer is not JSON: is this the address of a Hypervex server?", "unexpected_answer", {
      cause: error,
    });
  }
}

// Each large integer goes through the parser as a string that nothing else in the text can be equal to.
function decodeLarge(text: string): unknown {
  let mark: string;
  do {
    mark = `int64-${Math.random().toString(36).slice(2)}:`;
  } while (text.includes(mark));

  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${mark}${token}"` : token,
  );
  const unmark = (_: string, value: unknown): unknown =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  return JSON.parse(marked, marked === text ? undefined : unmark) as unknown;
}
