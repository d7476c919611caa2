export { BACKEND_NAMES, type BackendName, startBackend } from "./start-backend.ts";
