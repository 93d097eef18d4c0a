import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository; this file runs as sdk/testing/dist/repository.js. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), "../../..");
