export { measureSpeed } from "./measure-speed.ts";
export {
  BACKEND_NAMES,
  type BackendName,
  PROVIDERS,
  type StartOptions,
  startBackend,
} from "./start-backend.ts";
