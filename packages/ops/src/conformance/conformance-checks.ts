import { createRng } from "@espalier/core";
import { attentionCases } from "./attention-cases.ts";
import { checkAdamW, checkSgd } from "./check-optimizer.ts";
import { layerCases } from "./layer-cases.ts";
import { lossCases } from "./loss-cases.ts";
import { checkOperation } from "./operation-case.ts";

/** One property of a tfjs backend. */
export interface ConformanceCheck {
  readonly name: string;
  /** Runs on the current backend. @throws {EspalierError} BACKEND_FAILED saying which value differs */
  run(): void;
}

/**
 * Everything that a tfjs backend must get right for this package, whether it has native kernels or the operations are
 * composed: values, gradients and optimizer steps of random sizes against float64 loops, and no leaked tensors. No
 * test framework is needed; with one, each check is a test.
 * @param seed chooses sizes and values
 */
export function conformanceChecks(seed: number): ConformanceCheck[] {
  const rng = createRng(seed).fork("conformance");
  const cases = [...layerCases(rng), ...attentionCases(rng), ...lossCases(rng)];
  return [
    ...cases.map((operation) => ({
      name: operation.name,
      run: () => checkOperation(operation, rng.fork(operation.name)),
    })),
    { name: "adamw", run: () => checkAdamW(rng.fork("adamw")) },
    { name: "sgd", run: () => checkSgd(rng.fork("sgd")) },
  ];
}
