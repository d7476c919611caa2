import { EspalierError } from "@espalier/core";
import type { NativeTrace, TracedCode } from "@espalier/ops";
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
import { draftGraph, type GraphDraft } from "./graph-draft.ts";
import { graphTemplate } from "./graph-template.ts";
import { madeUpSizes } from "./sizes.ts";

/** What tracing needs of the backend. */
export interface TraceHost {
  /** Runs what is recorded, then refuses to run or read anything while `record` does its work. */
  recordOnly<Result>(record: () => Result): Result;
  /** So many operations are about to be recorded. */
  countOperations(count: number): void;
  /** Gives up what is recorded and held, if anything is. */
  forgetPending(): boolean;
  /** A tensor without values. */
  standIn(like: Pick<TensorInfo, "dtype" | "shape">): TensorInfo;
  value(info: TensorInfo): Value;
  baseValue(info: TensorInfo): Value;
  tensor(value: Value, shape: readonly number[]): TensorInfo;
  share(info: TensorInfo, shape: readonly number[]): TensorInfo;
  /** Keeps a value's array from being written again, until it is released. */
  hold(value: Value): void;
  release(value: Value): void;
}

/** A function as it was recorded once. */
interface Recording {
  /** Of inputs, then of the variables that are read, to outputs and values of the variables that are assigned. */
  readonly draft: GraphDraft;
  readonly inputCount: number;
  readonly variables: readonly Variable[];
  readonly written: readonly Variable[];
  /** Of each root the place of what is given, where the root is that with nothing done to it; else -1. */
  readonly givenAt: readonly number[];
}

/**
 * Records a function, on stand-ins for its inputs: once, or where it has sizes once with each of two sets of them.
 * @throws {EspalierError} UNSUPPORTED when the function needs values while it is recorded, keeps or creates what it
 *   does not return, or depends on sizes by more than products of them
 */
export function traceFunction(host: TraceHost, sizeCount: number, code: TracedCode): NativeTrace {
  const sizes = madeUpSizes(sizeCount);
  const recording = record(host, sizes[0], code);
  const again = sizeCount === 0 ? recording : record(host, sizes[1], code);
  const { inputCount, variables, written, givenAt } = recording;
  const template = graphTemplate([recording.draft, again.draft], sizes);
  for (const constant of template.constants) host.hold(constant);
  return {
    inputShapes: (actual) =>
      Array.from({ length: inputCount }, (_, i) => template.givenShape(i, actual)),
    run(inputs, actual = []) {
      for (const { isDisposed, name } of variables) {
        if (isDisposed)
          throw new EspalierError("UNSUPPORTED", `compile: variable "${name}" is disposed`);
      }
      host.countOperations(template.operations);
      const tensors = [...inputs, ...variables];
      const given = tensors.map((tensor) => host.value(tensor));
      const results = template.instantiate(given, actual).map((value, i) => {
        const same = tensors[givenAt[i] as number];
        return engine().makeTensorFromTensorInfo(
          same === undefined ? host.tensor(value, value.shape) : host.share(same, value.shape),
        );
      });
      const outputCount = results.length - written.length;
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

function record(host: TraceHost, sizes: readonly number[], code: TracedCode): Recording {
  const variables = Object.values(engine().registeredVariables);
  const snapshots = variables.map((variable) => clone(variable));
  const inputs: Value[] = [];
  let outputs: Tensor[] = [];
  let recording: Recording;
  try {
    outputs = host.recordOnly(() =>
      // Clones, as an output may be an input or a variable, which outlive the outputs.
      engine().tidy(() => {
        const input = (like: Pick<TensorInfo, "dtype" | "shape">): Tensor => {
          const tensor = engine().makeTensorFromTensorInfo(host.standIn(like));
          inputs.push(host.baseValue(tensor));
          return tensor;
        };
        return code({ sizes, input }).map((output) => clone(output));
      }),
    );
    if (Object.keys(engine().registeredVariables).length !== variables.length) {
      throw new EspalierError(
        "UNSUPPORTED",
        "compile: the function creates a variable; create it outside",
      );
    }
    const written = variables.filter(({ dataId }, i) => dataId !== snapshots[i]?.dataId);
    const roots = [...outputs, ...written].map((tensor) => host.value(tensor));
    const bases = [...outputs, ...written].map((tensor) => host.baseValue(tensor));
    const used = valuesReadBy(bases);
    const isRead = snapshots.map((snapshot) => used.has(host.baseValue(snapshot)));
    const given = [
      ...inputs,
      ...snapshots.map((snapshot) => host.baseValue(snapshot)).filter((_, i) => isRead[i]),
    ];
    recording = {
      draft: draftGraph(roots, given),
      inputCount: inputs.length,
      variables: variables.filter((_, i) => isRead[i]),
      written,
      givenAt: bases.map((base) => given.indexOf(base)),
    };
  } finally {
    variables.forEach((variable, i) => {
      if (variable.dataId !== snapshots[i]?.dataId) variable.assign(snapshots[i] as never);
    });
    dispose([...outputs, ...snapshots]);
  }
  if (host.forgetPending()) {
    throw new EspalierError(
      "UNSUPPORTED",
      "compile: the function keeps a tensor that it does not return",
    );
  }
  return recording;
}
