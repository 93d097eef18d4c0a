import { camelCased } from "./camel-case.js";
import type {
  ListOptions,
  Page,
  ReadOptions,
  RecordWriteOptions,
  UpsertOptions,
  WriteOptions,
} from "./collection-options.js";
import { encodeJson } from "./json-encode.js";
import type { Filter } from "./filter.js";
import { ImportRun, type ImportOptions, type ImportProgress } from "./import.js";
import { linesOf, linesOfAnswer, type TextSource } from "./lines.js";
import { decodeJson } from "./json-decode.js";
import { jobOf, type Job } from "./jobs.js";
import { idSegmentOf, queryOf, segmentOf } from "./paths.js";
import { encodeRecord, encodeUpdate, recordOf, type VectorReader } from "./record-mapping.js";
import type {
  Durability,
  Metadata,
  MetadataPatch,
  RecordInput,
  RecordPart,
  RecordUpdate,
  StoredRecord,
} from "./record.js";
import { encodeSearch, groupResultOf, searchResultOf, type AnySearch } from "./search-mapping.js";
import type { GroupSearchRequest, GroupSearchResult, RecommendRequest, SearchRequest, SearchResult } from "./search.js";
import { searchInBatches } from "./search-batch.js";
import {
  wireChangesOf,
  type CollectionChanges,
  type CollectionDescription,
  type FieldIndex,
  type FieldIndexType,
} from "./settings.js";
import { Snapshots } from "./snapshots.js";
import type { CollectionStats } from "./stats.js";
import type { Call, CallOptions, Transport } from "./transport.js";
import { upsertInBatches, type UpsertResult } from "./upsert.js";
import type { WireFacets, WireGetAnswer, WireGroupsAnswer, WirePage, WireRecord, WireSearchAnswer } from "./wire.js";

const MAX_IDS = 10_000;

/** One collection's records. `Hypervex.collection` makes it, without asking the server. */
export class Collection<TMetadata extends object = Metadata, TVector = number[]> {
  readonly name: string;
  /** The snapshots that the server keeps of it. */
  readonly snapshots: Snapshots;
  readonly #transport: Transport;
  readonly #maxBodyBytes: number;
  readonly #readVector: VectorReader<TVector>;
  readonly #path: string;

  /** @internal */
  constructor(transport: Transport, name: string, maxBodyBytes: number, readVector: VectorReader<TVector>) {
    this.name = name;
    this.#transport = transport;
    this.#maxBodyBytes = maxBodyBytes;
    this.#readVector = readVector;
    this.#path = `/api/v1/collections/${segmentOf(name, "The collection's name")}`;
    this.snapshots = new Snapshots(transport, this.#path);
  }

  /** Creates a record; fails with a ConflictError when its id exists. */
  async create(record: RecordInput<TMetadata>, options: WriteOptions = {}): Promise<StoredRecord<TMetadata, TVector>> {
    const path = `${this.#path}/vectors${queryOf({ durability: options.durability })}`;
    const body = encodeRecord(record, "$");
    return this.#recordOf(await this.#transport.send({ method: "POST", path, body, safety: "once" }, options));
  }

  /**
   * Writes records, whether or not their ids exist. All are written or none, unless they do not fit into one request (10,000
   * records, `maxBodyBytes`): then each request is, and an error behind the first one is a PartialUpsertError.
   */
  upsert(
    records: RecordInput<TMetadata> | readonly RecordInput<TMetadata>[],
    options: UpsertOptions = {},
  ): Promise<UpsertResult> {
    const path = `${this.#path}/vectors/batch${queryOf({ durability: options.durability })}`;
    return upsertInBatches(
      // Array.isArray knows nothing of readonly arrays.
      (Array.isArray(records) ? records : [records]) as readonly RecordInput<object>[],
      options.partial === true,
      this.#maxBodyBytes,
      (body) => this.#transport.send({ method: "POST", path, body, safety: "once" }, options),
    );
  }

  /** Reads a record, whatever its id; undefined when there is none. */
  async get<TPart extends RecordPart = RecordPart>(
    id: string,
    options: ReadOptions<TPart> = {},
  ): Promise<StoredRecord<TMetadata, TVector, TPart> | undefined> {
    const { records } = await this.getMany([id], options);
    return records[0];
  }

  /** Reads records: those that exist, in the order asked for, and the ids of the others. */
  async getMany<TPart extends RecordPart = RecordPart>(
    ids: readonly string[],
    options: ReadOptions<TPart> = {},
  ): Promise<{ records: StoredRecord<TMetadata, TVector, TPart>[]; missing: string[] }> {
    const found: { records: StoredRecord<TMetadata, TVector, TPart>[]; missing: string[] } = {
      records: [],
      missing: [],
    };
    for (const some of chunksOf(ids, MAX_IDS)) {
      const body = { vector_ids: some, include: options.include };
      const answer = (await this.#post("/vectors/get", body, "repeatable", options)) as WireGetAnswer;
      for (const one of answer.vectors) {
        found.records.push(this.#recordOf(one));
      }

      found.missing.push(...answer.missing);
    }

    return found;
  }

  /** Changes parts of a record; fails with a NotFoundError when there is none. */
  async update(
    id: string,
    update: RecordUpdate<TMetadata>,
    options: RecordWriteOptions = {},
  ): Promise<StoredRecord<TMetadata, TVector>> {
    const path = `${this.#path}/vectors/${idSegmentOf(id)}${queryOf({ durability: options.durability })}`;
    const body = encodeUpdate(update as RecordUpdate);
    const call: Call = { method: "PUT", path, body, ifMatch: options.ifVersion, safety: "once" };
    return this.#recordOf(await this.#transport.send(call, options));
  }

  /** Merges metadata into (or replaces that of) the records that match; `{}` = all. Returns how many were changed. */
  async updateWhere(
    filter: Filter<TMetadata>,
    metadata: MetadataPatch<TMetadata>,
    options: WriteOptions & { metadataMode?: "merge" | "replace" | undefined } = {},
  ): Promise<number> {
    const body = { filter, metadata, metadata_mode: options.metadataMode };
    const answer = await this.#post("/vectors/update", body, "once", options, options.durability);
    return (answer as { updated: number }).updated;
  }

  /** Deletes a record. With `ifVersion` it must exist and have that version; else false says that there was none. */
  async delete(id: string, options: RecordWriteOptions = {}): Promise<boolean> {
    if (options.ifVersion === undefined) {
      return (await this.deleteMany([id], options)) > 0;
    }

    const path = `${this.#path}/vectors/${idSegmentOf(id)}${queryOf({ durability: options.durability })}`;
    await this.#transport.send({ method: "DELETE", path, ifMatch: options.ifVersion, safety: "once" }, options);
    return true;
  }

  /** Deletes records, those of one request (10,000) all at once; ids without a record are passed over. Returns how many were deleted. */
  async deleteMany(ids: readonly string[], options: WriteOptions = {}): Promise<number> {
    let deleted = 0;
    for (const some of chunksOf(ids, MAX_IDS)) {
      const answer = await this.#post("/vectors/delete", { vector_ids: some }, "once", options, options.durability);
      deleted += (answer as { deleted: number }).deleted;
    }

    return deleted;
  }

  /** Deletes the records that match, in atomic batches; `{}` = all. Returns how many were deleted. */
  async deleteWhere(filter: Filter<TMetadata>, options: WriteOptions = {}): Promise<number> {
    const answer = await this.#post("/vectors/delete", { filter }, "once", options, options.durability);
    return (answer as { deleted: number }).deleted;
  }

  /** Counts records. */
  async count(filter?: Filter<TMetadata>, options: CallOptions = {}): Promise<number> {
    return ((await this.#post("/vectors/count", { filter }, "repeatable", options)) as { count: number }).count;
  }

  /** Counts how often the values of a metadata field occur, the most frequent first. */
  async facets(
    field: string,
    options: CallOptions & { filter?: Filter<TMetadata> | undefined; limit?: number | undefined } = {},
  ): Promise<{ values: { value: string | number | bigint | boolean; count: number }[]; differentValues: number }> {
    const body = { field, filter: options.filter, limit: options.limit };
    const answer = (await this.#post("/vectors/facets", body, "repeatable", options)) as WireFacets;
    return {
      values: answer.values as { value: string | number | bigint | boolean; count: number }[],
      differentValues: answer.different_values,
    };
  }

  /** Reads up to `limit` (10) records chosen at random, each with the same chance. */
  async sample<TPart extends RecordPart = RecordPart>(
    options: ReadOptions<TPart> & {
      limit?: number | undefined;
      filter?: Filter<TMetadata> | undefined;
      seed?: number | undefined;
    } = {},
  ): Promise<StoredRecord<TMetadata, TVector, TPart>[]> {
    const { limit, filter, seed, include } = options;
    const answer = await this.#post("/vectors/sample", { limit, filter, seed, include }, "repeatable", options);
    return (answer as { vectors: WireRecord[] }).vectors.map((one) => this.#recordOf(one));
  }

  /** Reads a page of up to `limit` (100) records. */
  async list<TPart extends RecordPart = RecordPart>(
    options: ListOptions<TMetadata, TPart> & { limit?: number | undefined; cursor?: string | undefined } = {},
  ): Promise<Page<StoredRecord<TMetadata, TVector, TPart>>> {
    const query = queryOf({
      limit: options.limit,
      cursor: options.cursor,
      filter: options.filter && encodeJson(options.filter, "filter"),
      include: options.include?.join(","),
      order_by: options.orderBy,
      order: options.order,
    });
    const answer = (await this.#get(`/vectors${query}`, options)) as WirePage;
    return { records: answer.vectors.map((one) => this.#recordOf(one)), nextCursor: answer.next_cursor };
  }

  /** Reads all records, page by page, each exactly once if it is there throughout. Every page has the time limit of a call. */
  async *scroll<TPart extends RecordPart = RecordPart>(
    options: ListOptions<TMetadata, TPart> & { pageSize?: number | undefined } = {},
  ): AsyncGenerator<StoredRecord<TMetadata, TVector, TPart>, void> {
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...options, limit: options.pageSize, cursor });
      yield* page.records;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Finds the nearest records; with `mmr` those among them that differ from each other. */
  async search<TPart extends RecordPart = "metadata">(
    request: SearchRequest<TMetadata, TPart>,
    options: CallOptions = {},
  ): Promise<SearchResult<TMetadata, TVector, TPart>> {
    return this.#search(request as AnySearch, options);
  }

  /** Finds the nearest records by examples. */
  async recommend<TPart extends RecordPart = "metadata">(
    request: RecommendRequest<TMetadata, TPart>,
    options: CallOptions = {},
  ): Promise<SearchResult<TMetadata, TVector, TPart>> {
    return this.#search(request as AnySearch, options);
  }

  /** Finds the groups whose best records are nearest. */
  async searchGroups<TPart extends RecordPart = "metadata">(
    request: GroupSearchRequest<TMetadata, TPart>,
    options: CallOptions = {},
  ): Promise<GroupSearchResult<TMetadata, TVector, TPart>> {
    const answer = await this.#postText("/vectors/search", encodeSearch(request as AnySearch, "$"), options);
    return groupResultOf(answer as WireGroupsAnswer, this.#readVector) as GroupSearchResult<TMetadata, TVector, TPart>;
  }

  /** Runs several searches (without `mmr`), which share the cores of the server; the answers come in their order. */
  async searchMany<TPart extends RecordPart = "metadata">(
    requests: readonly SearchRequest<TMetadata, TPart>[],
    options: CallOptions = {},
  ): Promise<SearchResult<TMetadata, TVector, TPart>[]> {
    const results = await searchInBatches(
      requests as unknown as readonly AnySearch[],
      this.#maxBodyBytes,
      this.#readVector,
      (body) => this.#postText("/vectors/search/batch", body, options),
    );
    return results as SearchResult<TMetadata, TVector, TPart>[];
  }

  /** Counts, sizes, settings. */
  async stats(options: CallOptions = {}): Promise<CollectionStats> {
    return camelCased(await this.#get("/vectors/stats", options)) as CollectionStats;
  }

  /**
   * Writes any number of records, whether or not their ids exist, in requests of limited size; `createdAt` is kept. What is read
   * of the source is never much ahead of what is written. An ImportError says where to go on.
   */
  import(
    records: Iterable<RecordInput<TMetadata>> | AsyncIterable<RecordInput<TMetadata>>,
    options: ImportOptions = {},
  ): Promise<ImportProgress> {
    return this.#importRun(options).run(records as AsyncIterable<RecordInput<object>>);
  }

  /** As `import`, from newline-delimited JSON as the server writes it: a text, a stream, or pieces of either. */
  importNdjson(source: TextSource, options: ImportOptions = {}): Promise<ImportProgress> {
    return this.#importRun(options).run(linesOf(source));
  }

  /**
   * Yields every record in order of creation as they come over one connection; memory does not grow with their number. The server
   * ends the connection of a reader that takes less than 240 bytes a second; `scroll` waits for any reader.
   */
  async *export<TPart extends RecordPart = RecordPart>(
    options: ReadOptions<TPart> = {},
  ): AsyncGenerator<StoredRecord<TMetadata, TVector, TPart>, void> {
    const { body, clock } = await this.#openExport(options);
    for await (const line of linesOfAnswer(body, clock)) {
      yield this.#recordOf(decodeJson(line));
    }
  }

  /** The export as bytes of newline-delimited JSON. The time limit counts until it begins. */
  async exportNdjson(options: ReadOptions<RecordPart> = {}): Promise<ReadableStream<Uint8Array>> {
    return (await this.#openExport(options)).body;
  }

  /** Settings and count. */
  async describe(options: CallOptions = {}): Promise<CollectionDescription> {
    return camelCased(await this.#get("", options)) as CollectionDescription;
  }

  /** Changes settings while the collection is used, all of them at once; what is left out stays. */
  async alter(changes: CollectionChanges, options: CallOptions = {}): Promise<CollectionDescription> {
    const body = encodeJson(wireChangesOf(changes), "$");
    const call: Call = { method: "PATCH", path: this.#path, body, safety: "repeatable" };
    return camelCased(await this.#transport.send(call, options)) as CollectionDescription;
  }

  /** Begins to remove what was overwritten or deleted from every file. `Hypervex.jobs.wait` waits for it. */
  async compact(options: CallOptions = {}): Promise<Job> {
    return jobOf(
      await this.#transport.send({ method: "POST", path: `${this.#path}/compact`, safety: "once" }, options),
    );
  }

  /** Begins a checkpoint, so that the server's next start replays less. */
  async checkpoint(options: CallOptions = {}): Promise<Job> {
    const call: Call = { method: "POST", path: `${this.#path}/checkpoint`, safety: "once" };
    return jobOf(await this.#transport.send(call, options));
  }

  /** Removes the collection for good; fails with a NotFoundError when there is none. */
  async drop(options: CallOptions = {}): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: this.#path, safety: "once" }, options);
  }

  /** Declares an index of a metadata field, which is built in the background; one that exists already stays. */
  async createFieldIndex(field: string, type: FieldIndexType, options: CallOptions = {}): Promise<FieldIndex> {
    return camelCased(await this.#post("/field-indexes", { field, type }, "repeatable", options)) as FieldIndex;
  }

  /** The indexes of metadata fields. */
  async listFieldIndexes(options: CallOptions = {}): Promise<FieldIndex[]> {
    return (camelCased(await this.#get("/field-indexes", options)) as { fieldIndexes: FieldIndex[] }).fieldIndexes;
  }

  /** Drops an index; fails with a NotFoundError when there is none. */
  async dropFieldIndex(field: string, options: CallOptions = {}): Promise<void> {
    const path = `${this.#path}/field-indexes/${idSegmentOf(field)}`;
    await this.#transport.send({ method: "DELETE", path, safety: "once" }, options);
  }

  async #search<TPart extends RecordPart>(
    search: AnySearch,
    options: CallOptions,
  ): Promise<SearchResult<TMetadata, TVector, TPart>> {
    const answer = await this.#postText("/vectors/search", encodeSearch(search, "$"), options);
    return searchResultOf(answer as WireSearchAnswer, this.#readVector) as SearchResult<TMetadata, TVector, TPart>;
  }

  #importRun(options: ImportOptions): ImportRun {
    const path = `${this.#path}/vectors/import${queryOf({ durability: options.durability })}`;
    return new ImportRun(options, (body) =>
      this.#transport.send(
        { method: "POST", path, body, contentType: "application/x-ndjson", safety: "repeatable" },
        options,
      ),
    );
  }

  #openExport(options: ReadOptions<RecordPart>): ReturnType<Transport["open"]> {
    const path = `${this.#path}/vectors/export${queryOf({ include: options.include?.join(",") })}`;
    return this.#transport.open({ method: "GET", path, safety: "repeatable" }, options);
  }

  #get(path: string, options: CallOptions): Promise<unknown> {
    return this.#transport.send({ method: "GET", path: this.#path + path, safety: "repeatable" }, options);
  }

  #post(
    path: string,
    body: object,
    safety: Call["safety"],
    options: CallOptions,
    durability?: Durability,
  ): Promise<unknown> {
    return this.#transport.send(
      { method: "POST", path: this.#path + path + queryOf({ durability }), body: encodeJson(body, "$"), safety },
      options,
    );
  }

  #postText(path: string, body: string, options: CallOptions): Promise<unknown> {
    return this.#transport.send({ method: "POST", path: this.#path + path, body, safety: "repeatable" }, options);
  }

  #recordOf<TPart extends RecordPart>(wire: unknown): StoredRecord<TMetadata, TVector, TPart> {
    return recordOf(wire as WireRecord, this.#readVector) as StoredRecord<TMetadata, TVector, TPart>;
  }
}

function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[], void> {
  for (let from = 0; from < items.length; from += size) {
    yield items.slice(from, from + size);
  }
}
