import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./repository.js";

const run = promisify(execFile);
const MODULES = join(repository, "sdk/node_modules");

/** What a program printed, and how it ended. */
export interface ProgramRun {
  output: string;
  errors: string;
  exitCode: number;
}

/** A project of somebody who uses the packages as npm installs them: packed, in an empty directory, found by name. */
export class Consumer {
  private constructor(readonly directory: string) {}

  /**
   * Makes the project: packs the packages of these folders of sdk/ and installs the archives, without asking a registry.
   *
   * @param borrowed Packages that are linked from the tests' own modules instead of being installed again.
   */
  static async create(folders: readonly string[], borrowed: readonly string[] = []): Promise<Consumer> {
    const consumer = new Consumer(await mkdtemp(join(tmpdir(), "hypervex-consumer-")));
    await consumer.write("package.json", JSON.stringify({ name: "consumer", version: "1.0.0", private: true }));
    const archives: string[] = [];
    for (const folder of folders) {
      const { stdout } = await run("npm", ["pack", join(repository, "sdk", folder), "--silent"], {
        cwd: consumer.directory,
      });
      archives.push(`./${stdout.trim()}`);
    }

    // Peers would be looked up in a registry; the tests have them already.
    await run("npm", ["install", "--offline", "--legacy-peer-deps", "--no-audit", "--no-fund", ...archives], {
      cwd: consumer.directory,
    });
    for (const name of borrowed) {
      const link = join(consumer.directory, "node_modules", name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(MODULES, name), link);
    }

    return consumer;
  }

  /** Writes a file of the project. */
  async write(name: string, text: string): Promise<void> {
    const path = join(this.directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Reads a file of the project. */
  read(name: string): Promise<string> {
    return readFile(join(this.directory, name), "utf8");
  }

  /** Runs a file of the project with Node.js. */
  node(...args: readonly string[]): Promise<ProgramRun> {
    return this.#run(process.execPath, args);
  }

  /** Runs the compiler of the tests over the project. */
  tsc(...args: readonly string[]): Promise<ProgramRun> {
    return this.#run(process.execPath, [join(MODULES, "typescript/bin/tsc"), ...args]);
  }

  /** Removes the project. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async #run(command: string, args: readonly string[]): Promise<ProgramRun> {
    try {
      const { stdout, stderr } = await run(command, args, { cwd: this.directory });
      return { output: stdout, errors: stderr, exitCode: 0 };
    } catch (error) {
      const { stdout = "", stderr = "", code = 1 } = error as { stdout?: string; stderr?: string; code?: number };
      return { output: stdout, errors: stderr, exitCode: code };
    }
  }
}
