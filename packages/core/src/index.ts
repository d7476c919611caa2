export { type ErrorCode, EspalierError } from "./error.ts";
export { didYouMean, nearestName } from "./nearest-name.ts";
export type { ParamGroup, ParamPath } from "./param-path.ts";
export { peakMemoryBytes } from "./peak-memory.ts";
export { createRng, type Rng } from "./rng.ts";
