import { EspalierError, type Rng } from "@espalier/core";
import { type ForwardContext, ParameterStore } from "@espalier/encoder";
import type { Head, HeadParameter } from "@espalier/heads";
import type * as tf from "@tensorflow/tfjs-core";

/** A head at work: the value that says how, and its parameters. */
export interface TaskHead {
  readonly task: string;
  readonly head: Head<unknown>;
  /** Named as `parameterName` says. */
  readonly parameters: ParameterStore;
}

/** The full name of a head's parameter: `heads.<task>.<parameter>`. */
export function parameterName(task: string, parameter: string): string {
  return `heads.${task}.${parameter}`;
}

/**
 * A head with new parameters. They depend on the seed and the task's name alone: a task that is added later starts
 * where it would have started at first.
 * @param dimension of the sentence vectors
 * @throws {EspalierError} CONFIG_INVALID for a name that can't be a task's
 */
export function createTaskHead(
  task: string,
  head: Head<unknown>,
  { dimension, rng }: { dimension: number; rng: Rng },
): TaskHead {
  return fillTaskHead(task, head, head.init(dimension, rng.fork("heads").fork(task)));
}

/** A head with given parameters. @throws {EspalierError} CONFIG_INVALID for a name that can't be a task's */
export function fillTaskHead(
  task: string,
  head: Head<unknown>,
  values: Readonly<Record<string, HeadParameter>>,
): TaskHead {
  // The name becomes part of parameter names, policies and command lines.
  if (!/^[\w-]+$/.test(task))
    throw new EspalierError(
      "CONFIG_INVALID",
      `task ${JSON.stringify(task)}: a name has letters, digits, _ and - only`,
    );
  const parameters = new ParameterStore();
  for (const [parameter, { shape, values: data }] of Object.entries(values))
    parameters.add({ name: parameterName(task, parameter), group: "head", task }, { shape, data });
  return { task, head, parameters };
}

/** @param vectors float32 `[B, D]` @returns float32 `[B, K]` */
export function taskLogits(
  { task, head, parameters }: TaskHead,
  vectors: tf.Tensor2D,
  { training, rng }: ForwardContext,
): tf.Tensor2D {
  const tensors = Object.fromEntries(
    Object.keys(head.shapes(vectors.shape[1])).map((parameter) => [
      parameter,
      parameters.get(parameterName(task, parameter)),
    ]),
  );
  return head.logits(vectors, tensors, {
    training,
    ...(rng === undefined ? {} : { rng: rng.fork(`heads.${task}`) }),
  });
}
