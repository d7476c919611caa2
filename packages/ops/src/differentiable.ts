import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { gradientsAreTaken } from "./gradients-are-taken.ts";
import { registerCoreGradients } from "./register-core-gradients.ts";
import { sharedTensor } from "./reshaped.ts";

/** One operation of the tape. */
export interface DifferentiableOp<Name extends string> {
  /** Computes the value; `save` keeps what `backward` needs alive until the gradients are done. */
  forward(save: (tensors: tf.Tensor[]) => void): tf.Tensor;
  /**
   * @param dy gradient of the value
   * @param saved what `forward` saved, in that order
   * @returns one function per input; only those of inputs that a gradient is asked for are called
   */
  backward(dy: tf.Tensor, saved: readonly tf.Tensor[]): Record<Name, () => tf.Tensor>;
}

/**
 * Runs an operation with its own gradients, like `tf.customGrad`, but never computes the gradient of an input
 * that nothing trainable depends on: a frozen weight costs no weight-gradient product.
 *
 * `tf.customGrad` wraps the same engine call and asks for all gradients at once, so it can't do that; tfjs
 * offers no public call that can without registering a kernel for each backend.
 * @param inputs the float32 tensors that gradients flow to; other inputs are up to the operation
 * @throws {EspalierError} UNSUPPORTED inside a gradient of a gradient, where the operation saves what is not an input
 */
export function differentiable<Name extends string, Value extends tf.Tensor = tf.Tensor>(
  inputs: Readonly<Record<Name, tf.Tensor>>,
  op: DifferentiableOp<Name>,
): Value {
  registerCoreGradients(); // around this operation there will be plain ones
  const engine = tf.engine() as unknown as TapeEngine;
  if (gradientsAreTaken() && engine.state.gradientDepth === 1) return onTape(engine, inputs, op);
  const nested = engine.state.gradientDepth > 1;
  return engine.runKernelFunc({
    inputs,
    forwardFunc: (_backend, save) =>
      op.forward((tensors) => {
        if (nested) expectInputs(tensors, Object.values(inputs));
        save(tensors);
      }),
    backwardsFunc: (dy, saved) => op.backward(dy, saved),
  }) as Value;
}

/** What an operation computed and saved is a constant to the gradient of its gradient, which would come out wrong. */
function expectInputs(saved: readonly tf.Tensor[], inputs: readonly unknown[]): void {
  const computed = saved.find((tensor) => tensor.dtype === "float32" && !inputs.includes(tensor));
  if (computed === undefined) return;
  throw new EspalierError(
    "UNSUPPORTED",
    `gradients of gradients: an operation saved a tensor [${computed.shape.join(", ")}] that is none of its inputs; compose it of TensorFlow.js operations instead`,
  );
}

/**
 * What `runKernelFunc` does, but tensors are saved without the clones, each an operation with a node on the tape, that
 * only gradients of gradients need: an eighth of the time that recording takes.
 */
function onTape<Value extends tf.Tensor>(
  engine: TapeEngine,
  inputs: Readonly<Record<string, tf.Tensor>>,
  op: DifferentiableOp<string>,
): Value {
  let saved: tf.Tensor[] = [];
  engine.state.kernelDepth++; // nothing inside goes on the tape
  let value: tf.Tensor;
  try {
    value = tf.tidy(() =>
      op.forward((tensors) => {
        saved = tensors.map((tensor) => tf.keep(sharedTensor(tensor, tensor.shape)));
      }),
    );
  } finally {
    engine.state.kernelDepth--;
  }
  engine.addTapeNode("", inputs, [value], op.backward, saved, {});
  return value as Value;
}

/** The part of tfjs' engine behind `tf.customGrad`. */
interface TapeEngine {
  readonly state: {
    /** How many gradients are being taken one inside of the other. */
    readonly gradientDepth: number;
    kernelDepth: number;
  };
  addTapeNode(
    name: string,
    inputs: Readonly<Record<string, tf.Tensor>>,
    outputs: readonly tf.Tensor[],
    backwardsFunc: Backward,
    saved: readonly tf.Tensor[],
    attributes: object,
  ): void;
  runKernelFunc(invocation: {
    inputs: Readonly<Record<string, tf.Tensor>>;
    forwardFunc(backend: unknown, save: (tensors: tf.Tensor[]) => void): tf.Tensor;
    backwardsFunc: Backward;
  }): tf.Tensor;
}

type Backward = (dy: tf.Tensor, saved: readonly tf.Tensor[]) => Record<string, () => tf.Tensor>;
