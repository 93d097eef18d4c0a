export { HypervexStore, type HypervexDocumentOptions, type HypervexStoreConfig } from "./hypervex-store.js";
