export { type ErrorCode, EspalierError } from "./error.ts";
export { didYouMean, nearestName } from "./nearest-name.ts";
export type { ParamGroup, ParamPath } from "./param-path.ts";
export { createRng, type Rng } from "./rng.ts";
