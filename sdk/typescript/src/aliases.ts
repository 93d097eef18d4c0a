import { encodeJson } from "./json-encode.js";
import { segmentOf } from "./paths.js";
import type { CallOptions, Transport } from "./transport.js";

const PATH = "/api/v1/aliases";

/** An alias and the collection that it stands for. */
export interface Alias {
  alias: string;
  collection: string;
}

/**
 * Second names of collections. Wherever a collection is named, an alias will do. Every call but `list` needs a key of the scope
 * admin for all collections, as soon as there are keys.
 */
export class Aliases {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The aliases of collections that the key may see, in order. */
  async list(options: CallOptions = {}): Promise<Alias[]> {
    const answer = await this.#transport.send({ method: "GET", path: PATH, safety: "repeatable" }, options);
    return (answer as { aliases: Alias[] }).aliases;
  }

  /** Lets an alias stand for a collection, whatever it stood for before; fails with a NotFoundError when there is no such collection. */
  async set(alias: string, collection: string, options: CallOptions = {}): Promise<void> {
    const body = encodeJson({ collection }, "$");
    await this.#transport.send({ method: "PUT", path: pathOf(alias), body, safety: "once" }, options);
  }

  /** Makes several changes, which are seen wholly or not at all; null drops an alias. Returns all aliases as they are now. */
  async change(changes: Readonly<Record<string, string | null>>, options: CallOptions = {}): Promise<Alias[]> {
    const list = Object.entries(changes).map(([alias, collection]) => ({ alias, collection }));
    const body = encodeJson({ changes: list }, "$");
    const answer = await this.#transport.send({ method: "POST", path: PATH, body, safety: "once" }, options);
    return (answer as { aliases: Alias[] }).aliases;
  }

  /** Drops an alias; its collection stays. Fails with a NotFoundError when there is none. */
  async drop(alias: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: pathOf(alias), safety: "once" }, options);
  }
}

function pathOf(alias: string): string {
  return `${PATH}/${segmentOf(alias, "The alias")}`;
}
