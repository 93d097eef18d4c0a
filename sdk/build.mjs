// Builds the packages: ES modules and types by the compiler, CommonJS from the same sources without checking them again; then
// the tests. Each package's dist/ and out/ are made anew.
import { copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import process from "node:process";
import ts from "typescript";

const root = dirname(fileURLToPath(import.meta.url));
const published = ["typescript", "langchain-js"];
const compiler = join(root, "node_modules/typescript/bin/tsc");

function compile(project) {
  execFileSync(process.execPath, [compiler, "-p", join(root, project)], { stdio: "inherit" });
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
}

for (const name of published) {
  await rm(join(root, name, "dist"), { recursive: true, force: true });
  await rm(join(root, name, "out"), { recursive: true, force: true });
}

await rm(join(root, "testing/dist"), { recursive: true, force: true });
compile("testing");
for (const name of published) {
  compile(name);
  await makeCommonJs(name);
  await cp(join(root, "../LICENSE"), join(root, name, "LICENSE"));
  compile(join(name, "test"));
}
