export { type BackendStats, OnnxruntimeBackend } from "./backend.ts";
export type { BackendOptions } from "./options.ts";
export { BACKEND_NAME, registerOnnxruntimeBackend } from "./register-backend.ts";
export { EXECUTION_PROVIDERS, type ExecutionProvider } from "./runtime/session-options.ts";
