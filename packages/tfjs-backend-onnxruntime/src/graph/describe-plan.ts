import { EspalierError } from "@espalier/core";
import type { Plan } from "./plan.ts";
import { type GraphNode, isConstant } from "./value.ts";

/** An error of the runtime, with the operation that it names by its number. */
export function failure(stage: string, plan: Plan, cause: Error): EspalierError {
  const index = /(?:Name:\s*'|Node \(|node_index )n?(\d+)/.exec(cause.message)?.[1];
  const step = index === undefined ? undefined : plan.steps[Number(index)];
  const where =
    step === undefined
      ? `a graph of ${describeSteps(plan)}`
      : "outputs" in step
        ? describe(step)
        : `Reshape to [${step.shape.join(", ")}]`;
  return new EspalierError(
    "BACKEND_FAILED",
    `onnxruntime failed while ${stage} ${where}: ${cause.message}`,
    { cause },
  );
}

/** An operation in words: what it reads and what it makes. */
export function describe(node: GraphNode): string {
  const inputs = node.inputs.map((input) => {
    if (input === null) return "-";
    return isConstant(input) ? input.text : `${input.dtype} [${input.shape.join(", ")}]`;
  });
  const outputs = node.outputs.map((output) => `${output.dtype} [${output.shape.join(", ")}]`);
  return `${node.opType}(${inputs.join("; ")}) → ${outputs.join("; ")}`;
}

function describeSteps(plan: Plan): string {
  const names = new Set(plan.steps.map((step) => ("outputs" in step ? step.opType : "Reshape")));
  return `${plan.steps.length} operations (${[...names].slice(0, 12).join(", ")})`;
}
