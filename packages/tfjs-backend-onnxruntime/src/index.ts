export { type BackendStats, OnnxruntimeBackend } from "./backend.ts";
export { EXECUTION_PROVIDERS, type ExecutionProvider } from "./execution-providers.ts";
export type { BackendOptions } from "./options.ts";
export { BACKEND_NAME, registerOnnxruntimeBackend } from "./register-backend.ts";
