import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { repository, TestServer } from "hypervex-testing";

/** What the page found out: the names of its checks, each with what went wrong or an empty text. */
type Report = Record<string, string>;

const PACKAGE = join(repository, "sdk/typescript");
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).error === undefined,
);
const PAGE = `<!doctype html><script type="importmap">{"imports": {"hypervex": "/dist/esm/index.js"}}</script><script type="module" src="/out/browser/page.js"></script>`;

// Serves the page, the package as it is built, and takes the page's report.
const pages = createServer();
let server: TestServer;
let profile: string;

before(async () => {
  pages.listen(0, "127.0.0.1");
  await once(pages, "listening");
  profile = await mkdtemp(join(tmpdir(), "hypervex-chromium-"));
  server = await TestServer.start({ args: ["--allow-origin", originOf()] });
});

after(async () => {
  pages.close();
  pages.closeAllConnections();
  await server.stop();
  await rm(profile, { recursive: true, force: true, maxRetries: 10 });
});

function originOf(): string {
  return `http://127.0.0.1:${String((pages.address() as AddressInfo).port)}`;
}

function serve(report: (text: string) => void): void {
  pages.on("request", (request, response) => {
    const path = new URL(request.url ?? "/", originOf()).pathname;
    if (request.method === "POST") {
      let text = "";
      request
        .on("data", (piece: Buffer) => (text += piece.toString()))
        .on("end", () => {
          response.end();
          report(text);
        });
    } else if (path === "/") {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    } else if (/^\/(dist\/esm|out\/browser)\/[a-z-]+\.js$/.test(path)) {
      void readFile(join(PACKAGE, path)).then((bytes) =>
        response.writeHead(200, { "content-type": "text/javascript" }).end(bytes),
      );
    } else {
      response.writeHead(404).end();
    }
  });
}

// Where the tests have to run, a missing browser is a failure.
const skip = CHROMIUM === undefined && process.env["CI"] === undefined ? "there is no Chromium" : false;

test("the package works in a web page of another origin, in Chromium", { skip }, async () => {
  const reported = new Promise<string>((resolve) => {
    serve(resolve);
  });
  const flags = [...FLAGS, `--user-data-dir=${profile}`];
  const chromium = spawn(CHROMIUM ?? "chromium", [...flags, `${originOf()}/?server=${server.url}`], {
    stdio: ["ignore", "ignore", "pipe"],
    // A group of its own, so that all of its processes can be ended.
    detached: true,
  });
  let errors = "";
  chromium.stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
  const ended = once(chromium, "close");
  try {
    const died = ended.then(() => {
      throw new Error(`chromium has ended: ${errors}`);
    });
    const report = JSON.parse(await Promise.race([reported, died])) as Report;
    assert.ok(Object.keys(report).length >= 8, JSON.stringify(report));
    assert.deepEqual(report, Object.fromEntries(Object.keys(report).map((name) => [name, ""])));
  } finally {
    if (chromium.pid !== undefined && chromium.exitCode === null) {
      process.kill(-chromium.pid, "SIGKILL");
      await ended;
    }
  }
});
