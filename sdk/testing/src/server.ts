import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repository } from "./repository.js";

const PROGRAM = join(repository, "src/Cli/bin/Release/net10.0/Hypervex.Cli.dll");

// Below the ports that systems hand out by themselves, so that nobody takes one while its server is restarted.
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const TRIES = 20;

/** How to start a server. */
export interface ServerSettings {
  /** Further arguments of `hypervex serve`. */
  args?: readonly string[];
  /** The text of a key to which everything is allowed. */
  adminKeyFile?: string;
}

/** `hypervex serve` as a process of its own, on a port of its own, over a temporary directory that is removed with it. */
export class TestServer {
  readonly #settings: ServerSettings;
  readonly #port: number;
  #process: ChildProcess;

  private constructor(
    settings: ServerSettings,
    readonly data: string,
    port: number,
    process: ChildProcess,
  ) {
    this.#settings = settings;
    this.#port = port;
    this.#process = process;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** Starts a server and waits until it is ready. */
  static async start(settings: ServerSettings = {}): Promise<TestServer> {
    const data = await mkdtemp(join(tmpdir(), "hypervex-sdk-"));
    for (let attempt = 1; ; attempt++) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
      try {
        return new TestServer(settings, data, port, await run(settings, data, port));
      } catch (error) {
        if (attempt === TRIES || !String(error).includes("in use")) {
          throw error;
        }
      }
    }
  }

  /** Ends the process at once, as a power cut does to it. */
  async kill(): Promise<void> {
    await end(this.#process, "SIGKILL");
  }

  /** Starts the server again after a kill, at the same address over the same directory. */
  async restart(): Promise<void> {
    this.#process = await run(this.#settings, this.data, this.#port);
  }

  /** Ends the server and removes its directory. */
  async stop(): Promise<void> {
    await end(this.#process, "SIGTERM");
    await rm(this.data, { recursive: true, force: true });
  }
}

async function run(settings: ServerSettings, data: string, port: number): Promise<ChildProcess> {
  const keyFile = settings.adminKeyFile === undefined ? [] : ["--admin-key-file", settings.adminKeyFile];
  const listen = `127.0.0.1:${String(port)}`;
  const args = ["serve", "--json", "--data", data, "--listen", listen, "--durability", "os", ...keyFile];
  const child = spawn("dotnet", [PROGRAM, ...args, ...(settings.args ?? [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
  });
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([once(lines, "line"), once(child, "exit").then(() => undefined)]);
  if (ready === undefined) {
    throw new Error(`hypervex serve has ended: ${errors}`);
  }

  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }
}

// Settings of whoever runs the tests are not those of the test's server.
function environment(): NodeJS.ProcessEnv {
  const ours = /^(HYPERVEX_|VECTOR_|STORAGE_PATH$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
