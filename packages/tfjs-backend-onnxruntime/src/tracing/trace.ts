import { EspalierError } from "@espalier/core";
import type { NativeTrace } from "@espalier/ops";
import {
  clone,
  dispose,
  engine,
  type Tensor,
  type TensorInfo,
  type Variable,
} from "@tensorflow/tfjs-core";
import { valuesReadBy } from "../graph/readers.ts";
import type { Value } from "../graph/value.ts";
import { graphTemplate } from "./graph-template.ts";

/** What tracing needs of the backend. */
export interface TraceHost {
  /** Runs what is recorded, then refuses to run or read anything while `record` does its work. */
  recordOnly<Result>(record: () => Result): Result;
  /** Gives up what is recorded and held, if anything is. */
  forgetPending(): boolean;
  /** A tensor without values. */
  standIn(like: TensorInfo): TensorInfo;
  value(info: TensorInfo): Value;
  baseValue(info: TensorInfo): Value;
  tensor(value: Value, shape: readonly number[]): TensorInfo;
  share(info: TensorInfo): TensorInfo;
  /** Keeps a value's array from being written again, until it is released. */
  hold(value: Value): void;
  release(value: Value): void;
}

interface Root {
  readonly value: Value;
  readonly shape: readonly number[];
}

/**
 * Records a function once, on stand-ins for its inputs.
 * @throws {EspalierError} UNSUPPORTED when the function needs values while it is recorded, keeps or creates what it
 *   does not return
 */
export function traceFunction(
  host: TraceHost,
  inputs: readonly Tensor[],
  fn: (inputs: Tensor[]) => Tensor[],
): NativeTrace {
  const variables = Object.values(engine().registeredVariables);
  const snapshots = variables.map((variable) => clone(variable));
  const standIns = inputs.map((input) => engine().makeTensorFromTensorInfo(host.standIn(input)));
  const given = [...standIns, ...snapshots].map((tensor) => host.baseValue(tensor));
  let outputs: Tensor[] = [];
  let trace: NativeTrace;
  try {
    const before = Object.keys(engine().registeredVariables).length;
    outputs = host.recordOnly(() =>
      // Clones, as an output may be an input or a variable, which outlive the outputs.
      engine().tidy(() => fn(standIns).map((output) => clone(output))),
    );
    if (Object.keys(engine().registeredVariables).length !== before) {
      throw new EspalierError(
        "UNSUPPORTED",
        "compile: the function creates a variable; create it outside",
      );
    }
    const written = variables.filter(({ dataId }, i) => dataId !== snapshots[i]?.dataId);
    const roots = [...outputs, ...written].map(
      (tensor): Root => ({ value: host.baseValue(tensor), shape: tensor.shape }),
    );
    trace = createTrace(host, { given, roots, variables, written });
  } finally {
    variables.forEach((variable, i) => {
      if (variable.dataId !== snapshots[i]?.dataId) variable.assign(snapshots[i] as never);
    });
    dispose([...outputs, ...standIns, ...snapshots]);
  }
  if (host.forgetPending()) {
    trace.dispose();
    throw new EspalierError(
      "UNSUPPORTED",
      "compile: the function keeps a tensor that it does not return",
    );
  }
  return trace;
}

function createTrace(
  host: TraceHost,
  recorded: {
    readonly given: readonly Value[];
    readonly roots: readonly Root[];
    readonly variables: readonly Variable[];
    readonly written: readonly Variable[];
  },
): NativeTrace {
  const { roots, written } = recorded;
  const values = roots.map(({ value }) => value);
  const inputCount = recorded.given.length - recorded.variables.length;
  const used = valuesReadBy(values);
  const variables = recorded.variables.filter((_, i) =>
    used.has(recorded.given[inputCount + i] as Value),
  );
  const given = recorded.given.filter((value, i) => i < inputCount || used.has(value));
  const template = graphTemplate(values, given);
  // A root that nothing was done to is the tensor that was given.
  const givenAt = values.map((value) => given.indexOf(value));
  for (const constant of template.constants) host.hold(constant);
  return {
    run(inputs) {
      for (const { isDisposed, name } of variables) {
        if (isDisposed)
          throw new EspalierError("UNSUPPORTED", `compile: variable "${name}" is disposed`);
      }
      const tensors = [...inputs, ...variables];
      const values = template.instantiate(tensors.map((tensor) => host.value(tensor)));
      const results = roots.map(({ shape }, i) => {
        const same = tensors[givenAt[i] as number];
        const info = same === undefined ? host.tensor(values[i] as Value, shape) : host.share(same);
        return engine().makeTensorFromTensorInfo({ ...info, shape: [...shape] });
      });
      const outputCount = roots.length - written.length;
      written.forEach((variable, i) => {
        const result = results[outputCount + i] as Tensor;
        variable.assign(result as never);
        result.dispose();
      });
      return results.slice(0, outputCount);
    },
    dispose() {
      for (const constant of template.constants) host.release(constant);
    },
  };
}
