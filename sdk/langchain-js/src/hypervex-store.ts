import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { VectorStore, type MaxMarginalRelevanceSearchOptions } from "@langchain/core/vectorstores";
import {
  ConflictError,
  Hypervex,
  NotFoundError,
  type ClientOptions,
  type Collection,
  type CollectionSettings,
  type Filter,
  type Metadata,
  type RecordInput,
} from "hypervex";

// What LangChain's stores choose from unless told otherwise, and the most that the server chooses from.
const DEFAULT_FETCH_K = 20;
const MAX_FETCH_K = 1_000;
const PARTS = ["metadata", "document"] as const;

/** Where a store keeps its documents. */
export interface HypervexStoreConfig {
  /** The server's address; `http://127.0.0.1:8080` unless a client is given. */
  url?: string | undefined;
  /** The server's key. */
  apiKey?: string | undefined;
  /** A client, instead of `url` and `apiKey`. */
  client?: Hypervex | undefined;
  /** The collection; created with the first document when there is none. */
  collectionName: string;
  /** How to create it: cosine and a graph unless given. */
  settings?: CollectionSettings | undefined;
  /** The vector field; the default one unless given. */
  vectorField?: string | undefined;
}

/** How to add documents. */
export interface HypervexDocumentOptions {
  /** One id for each document. Without them a document's own `id` counts, and one without an id gets a new one. */
  ids?: readonly string[] | undefined;
}

/** What to delete: exactly one of the three. */
export interface HypervexDeleteOptions {
  ids?: readonly string[] | undefined;
  filter?: Filter | undefined;
  deleteAll?: boolean | undefined;
}

/**
 * A LangChain vector store over one collection of a Hypervex server. A document is a record: its text is the record's document,
 * its metadata the record's, and adding one whose id exists replaces it.
 *
 * Scores are greater for the nearer: the cosine similarity, under `dot` the inner product, else 1 / (1 + distance).
 */
export class HypervexStore extends VectorStore {
  declare FilterType: Filter;

  /** The collection, for everything that LangChain has no word for. */
  readonly collection: Collection;

  readonly #client: Hypervex;
  readonly #config: HypervexStoreConfig;

  constructor(embeddings: EmbeddingsInterface, config: HypervexStoreConfig) {
    super(embeddings, config);
    this.#client = config.client ?? new Hypervex(addressOf(config));
    this.#config = config;
    this.collection = this.#client.collection(config.collectionName);
  }

  /** A store that holds these texts, each with its metadata or all with the same. */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: HypervexStoreConfig,
  ): Promise<HypervexStore> {
    const documents = texts.map(
      (pageContent, index) =>
        new Document({
          pageContent,
          metadata: (Array.isArray(metadatas) ? metadatas[index] : metadatas) as object,
        }),
    );
    return await HypervexStore.fromDocuments(documents, embeddings, config);
  }

  /** A store that holds these documents. */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: HypervexStoreConfig,
  ): Promise<HypervexStore> {
    const store = new HypervexStore(embeddings, config);
    await store.addDocuments(documents);
    return store;
  }

  /** A store over a collection that exists; fails with a NotFoundError when it does not. */
  static async fromExistingIndex(embeddings: EmbeddingsInterface, config: HypervexStoreConfig): Promise<HypervexStore> {
    const store = new HypervexStore(embeddings, config);
    await store.collection.describe();
    return store;
  }

  override _vectorstoreType(): string {
    return "hypervex";
  }

  /** Embeds and writes documents; returns their ids. */
  override async addDocuments(documents: DocumentInterface[], options?: HypervexDocumentOptions): Promise<string[]> {
    const vectors = await this.embeddings.embedDocuments(documents.map((one) => one.pageContent));
    return await this.addVectors(vectors, documents, options);
  }

  /** Writes documents with vectors that are there already; returns their ids. */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options?: HypervexDocumentOptions,
  ): Promise<string[]> {
    const ids = options?.ids;
    if (vectors.length !== documents.length || (ids !== undefined && ids.length !== documents.length)) {
      throw new Error(
        `There are ${String(documents.length)} documents, ${String(vectors.length)} vectors and ${String(ids?.length ?? "no")} ids; expected as many of each.`,
      );
    }

    if (documents.length === 0) {
      return [];
    }

    const records = documents.map((one, index) => this.#recordOf(one, vectors[index] as number[], ids?.[index]));
    const { ids: written } = await this.#creatingWhatIsMissing(() => this.collection.upsert(records));
    return written as string[];
  }

  /** The k nearest documents with their scores, greater for the nearer. */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: this["FilterType"],
  ): Promise<[DocumentInterface, number][]> {
    const { results } = await this.collection.search({ ...this.#query(query, filter), topK: k, include: PARTS });
    return results.map((hit) => [documentOf(hit), hit.score]);
  }

  /**
   * k documents that are near and differ from each other, chosen by the server among the `fetchK` nearest (20 unless given, at
   * most 1,000). `lambda` 1 = only nearness, 0 = only difference, 0.5 unless given.
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<this["FilterType"]>,
  ): Promise<DocumentInterface[]> {
    const { k, fetchK = DEFAULT_FETCH_K, lambda = 0.5, filter } = options;
    const vector = await this.embeddings.embedQuery(query);
    const candidates = Math.min(Math.max(fetchK, k), MAX_FETCH_K);
    const { results } = await this.collection.search({
      ...this.#query(vector, filter),
      topK: k,
      mmr: { lambda, candidates },
      include: PARTS,
    });
    return results.map(documentOf);
  }

  /** Deletes documents by id or by filter, or all of them. */
  override async delete(options: HypervexDeleteOptions): Promise<void> {
    const { ids, filter, deleteAll } = options;
    const given = [ids !== undefined, filter !== undefined, deleteAll === true].filter(Boolean).length;
    if (given !== 1) {
      throw new Error("delete: expected exactly one of ids, filter and deleteAll.");
    }

    if (ids !== undefined) {
      await this.collection.deleteMany(ids);
    } else {
      await this.collection.deleteWhere(filter ?? {});
    }
  }

  #recordOf(document: DocumentInterface, vector: number[], id: string | undefined): RecordInput {
    const { vectorField } = this.#config;
    return {
      id: id ?? document.id,
      document: document.pageContent,
      metadata: document.metadata as Metadata,
      ...(vectorField === undefined ? { vector } : { vectors: { [vectorField]: vector } }),
    };
  }

  #query(vector: number[], filter: Filter | undefined): { vector: number[]; filter?: Filter; using?: string } {
    const { vectorField } = this.#config;
    return {
      vector,
      ...(filter === undefined ? {} : { filter }),
      ...(vectorField === undefined ? {} : { using: vectorField }),
    };
  }

  // A collection that is there costs no request more.
  async #creatingWhatIsMissing<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof NotFoundError)) {
        throw error;
      }
    }

    const { collectionName, vectorField, settings } = this.#config;
    const created = settings ?? (vectorField === undefined ? {} : { vectors: { [vectorField]: {} } });
    try {
      await this.#client.createCollection(collectionName, created);
    } catch (error) {
      // Another client may have been faster.
      if (!(error instanceof ConflictError)) {
        throw error;
      }
    }

    return await write();
  }
}

function addressOf(config: HypervexStoreConfig): ClientOptions {
  return { url: config.url ?? "http://127.0.0.1:8080", apiKey: config.apiKey };
}

function documentOf(hit: { id: string; document: string | null; metadata: Metadata }): Document {
  return new Document({ id: hit.id, pageContent: hit.document ?? "", metadata: hit.metadata });
}
