import assert from "node:assert/strict";
import { test } from "node:test";
import type { Collection, Filter, Metadata } from "hypervex";

interface Book {
  title: string;
  year: number;
  tags?: string[];
  origin: { country: string };
}

// Compiled and never run: what the types allow, and what they must not.
export async function checked(
  books: Collection<Book>,
  any: Collection,
  precise: Collection<Book, Float32Array>,
): Promise<void> {
  const filters: Filter<Book>[] = [
    { year: 2020, title: { $prefix: "D" } },
    { year: { $gte: 1, $lt: 9n }, tags: "desert" },
    { tags: { $in: ["a", ["a", "b"]] } },
    { "origin.country": { $ne: "DE" } },
    { $or: [{ title: null }, { $not: { year: { $exists: false } } }] },
    {},
  ];
  // @ts-expect-error -- a year is no text
  filters.push({ year: "2020" });
  // @ts-expect-error -- there is no such field
  filters.push({ author: "x" });
  // @ts-expect-error -- there is no such operator
  filters.push({ year: { $above: 1 } });
  const open: Filter[] = [{ anything: { $gte: 1 } }, { $and: [{ a: 1 }, { $not: { b: [1, "x"] } }] }];
  await any.count({ $or: open });

  const seen: unknown[] = [];
  const { results } = await books.search({ vector: [1] });
  seen.push(results[0]?.metadata.title.toUpperCase());
  // @ts-expect-error -- not asked for
  seen.push(results[0]?.document);
  const withText = await books.search({ vector: [1], include: ["document", "vector"] });
  withText.results[0]?.document?.toUpperCase();
  withText.results[0]?.vector?.push(1);
  // @ts-expect-error -- not asked for
  seen.push(withText.results[0]?.metadata);
  const bare = await books.search({ id: "x", include: [] });
  // @ts-expect-error -- not asked for
  seen.push(bare.results[0]?.metadata);

  const everything = await books.get("x");
  const text: string | null | undefined = everything?.document;
  const metadata = (await any.get("x"))?.metadata satisfies Metadata | undefined;
  const vector: Float32Array | undefined = (await precise.get("x"))?.vector;
  seen.push(text, metadata, vector);

  // @ts-expect-error -- a vector and an id exclude each other
  await books.search({ vector: [1], id: "x" });
  // @ts-expect-error -- one of both is needed
  await books.search({ topK: 5 });
  // @ts-expect-error -- a book needs its title
  await books.upsert({ vector: [1], metadata: { year: 1 } });
  await books.upsert([{ vector: new Float32Array(3) }, ...(everything ? [everything] : [])]);
  await books.update("x", { metadata: { tags: null, year: 3 }, expiresAt: "never" });
}

test("the types are checked by the compiler", () => {
  assert.equal(typeof checked, "function");
});
