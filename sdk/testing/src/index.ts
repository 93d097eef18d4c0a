export { Consumer, type ProgramRun } from "./consumer.js";
export { ADDRESS_IN_EXAMPLES, readProgram, type PageProgram } from "./documentation.js";
export { repository } from "./repository.js";
export { hangUp, json, problem, ScriptedServer, silence, type Answering, type SeenRequest } from "./scripted-server.js";
export { TestServer, type ServerSettings } from "./server.js";
