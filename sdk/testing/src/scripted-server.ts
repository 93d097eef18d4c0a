import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Answers one request. */
export type Answering = (response: ServerResponse, request: SeenRequest) => unknown;

/** A server of HTTP that answers as it is told: what a Hypervex server does seldom, or too late to wait for. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Starts a server. The first request gets the first answer, and so on; the last one answers all others too. */
  static async start(...answers: readonly Answering[]): Promise<ScriptedServer> {
    const server = createServer();
    const scripted = new ScriptedServer(server);
    server.on("request", (request, response) => {
      void bodyOf(request).then((body) => {
        const seen = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
        const index = Math.min(scripted.requests.length, answers.length - 1);
        scripted.requests.push(seen);
        answers[index]?.(response, seen);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return scripted;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

/** An answer of JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answering {
  return (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

/** A problem with a code. */
export function problem(status: number, code: string, headers: Record<string, string> = {}): Answering {
  return json(
    { type: `urn:hypervex:error:${code}`, title: "x", status, detail: `told ${code}`, code },
    status,
    headers,
  );
}

/** The connection ends without an answer. */
export const hangUp: Answering = (response) => response.socket?.destroy();

/** No answer, ever. */
export const silence: Answering = () => undefined;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }

  return Buffer.concat(pieces).toString();
}
