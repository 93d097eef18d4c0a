import { camelCased } from "./camel-case.js";
import { encodeJson } from "./json-encode.js";
import { segmentOf } from "./paths.js";
import type { CallOptions, Transport } from "./transport.js";

const PATH = "/api/v1/keys";

export type KeyScope = "read" | "write" | "admin";

/** A key, without its text. */
export interface Key {
  id: string;
  name: string;
  scope: KeyScope;
  /** The collections that it is for; all unless given. */
  collections?: string[];
  createdAt: Date;
  /** Until when the text before the last rotation is accepted. */
  previousUntil?: Date;
}

/** A key with its text, which is told this once. */
export interface KeyWithText extends Key {
  /** What a client sends: `apiKey` of HypervexOptions. */
  key: string;
}

/** The keys of a server. Every call needs a key of the scope admin for all collections, as soon as there is one. */
export class Keys {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a key. */
  async create(
    key: { name: string; scope: KeyScope; collections?: readonly string[] | undefined },
    options: CallOptions = {},
  ): Promise<KeyWithText> {
    return (await this.#post(PATH, key, options)) as KeyWithText;
  }

  /** All keys, without their texts. */
  async list(options: CallOptions = {}): Promise<Key[]> {
    const answer = await this.#transport.send({ method: "GET", path: PATH, safety: "repeatable" }, options);
    return (camelCased(answer) as { keys: Key[] }).keys;
  }

  /** Gives a key a new text; the one before is accepted for so many seconds more, 0 unless given. */
  async rotate(id: string, options: CallOptions & { graceSeconds?: number | undefined } = {}): Promise<KeyWithText> {
    const body = { grace_seconds: options.graceSeconds };
    return (await this.#post(`${PATH}/${segmentOf(id, "The key's id")}/rotate`, body, options)) as KeyWithText;
  }

  /** Revokes a key: no request that begins later is accepted with it. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    const path = `${PATH}/${segmentOf(id, "The key's id")}`;
    await this.#transport.send({ method: "DELETE", path, safety: "once" }, options);
  }

  async #post(path: string, body: object, options: CallOptions): Promise<unknown> {
    const call = { method: "POST", path, body: encodeJson(body, "$"), safety: "once" } as const;
    return camelCased(await this.#transport.send(call, options));
  }
}
