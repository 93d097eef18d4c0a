import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./repository.js";

/** A page's program: its blocks of a language in order, and what its blocks of text say that they print. */
export interface PageProgram {
  source: string;
  output: string;
}

/** The address in every example, in whose place the test's own server goes. */
export const ADDRESS_IN_EXAMPLES = "http://127.0.0.1:8080";

/**
 * Reads the program of a page of docs/. The blocks marked with the language make one module; those marked `text` are its
 * standard output.
 */
export async function readProgram(page: string, language: string): Promise<PageProgram> {
  const text = await readFile(join(repository, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```(\S*)[^\n]*\n(.*?)^```$/gms)];
  const of = (marked: string): string =>
    blocks
      .filter(([, mark]) => mark === marked)
      .map(([, , block]) => block)
      .join("");
  return { source: of(language), output: of("text") };
}
