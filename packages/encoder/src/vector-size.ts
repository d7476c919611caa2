import type { PoolingModule } from "@espalier/checkpoint";
import type { VectorStage } from "./vector-modules.ts";

/** Size of the sentence vector after all modules. */
export function vectorSize(pooling: PoolingModule, stages: readonly VectorStage[]): number {
  let size = pooling.dimension * pooling.modes.length;
  for (const stage of stages) if (stage.kind === "Dense") size = stage.outputSize;
  return size;
}
