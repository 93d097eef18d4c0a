export {
  HypervexStore,
  type HypervexDeleteOptions,
  type HypervexDocumentOptions,
  type HypervexStoreConfig,
} from "./hypervex-store.js";
