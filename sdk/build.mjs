// Builds the packages: ES modules and types by the compiler, CommonJS from the same sources without checking them again; then
// the tests. Each package's dist/ and out/ are made anew.
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = dirname(fileURLToPath(import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");

async function compile(project) {
  await new Promise((resolve, reject) => {
    execFile(process.execPath, [compiler, "-p", join(root, project)], (error, output) => {
      process.stdout.write(output);
      if (error) {
        reject(new Error(`${project} does not compile.`));
      } else {
        resolve();
      }
    });
  });
}

async function makeCommonJs(name) {
  const from = join(root, name, "src");
  const types = join(root, name, "dist/esm");
  const to = join(root, name, "dist/cjs");
  await mkdir(to, { recursive: true });
  await writeFile(join(to, "package.json"), '{ "type": "commonjs" }\n');
  for (const file of await readdir(from)) {
    const { outputText } = ts.transpileModule(await readFile(join(from, file), "utf8"), {
      fileName: file,
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
    });
    const base = file.slice(0, -".ts".length);
    await writeFile(join(to, `${base}.js`), outputText);
    await copyFile(join(types, `${base}.d.ts`), join(to, `${base}.d.ts`));
  }

  await cp(join(root, "../LICENSE"), join(root, name, "LICENSE"));
}

async function make(name) {
  await compile(name);
  await makeCommonJs(name);
}

for (const folder of ["testing/dist", "typescript/dist", "typescript/out", "langchain-js/dist", "langchain-js/out"]) {
  await rm(join(root, folder), { recursive: true, force: true });
}

try {
  await Promise.all([compile("testing"), make("typescript")]);
  await Promise.all([compile("typescript/test"), make("langchain-js")]);
  await compile("langchain-js/test");
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
