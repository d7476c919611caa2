import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { registerCoreGradients } from "./register-core-gradients.ts";

/** Gradients by parameter name; a parameter that the loss does not depend on has no entry. */
export type Gradients = Readonly<Record<string, tf.Tensor>>;

/**
 * The value of a loss and its gradients with respect to the given variables, and no others: whatever else the loss
 * depends on is constant. Value and gradients belong to the caller; everything else is disposed.
 * @param loss returns a float32 scalar
 * @param variables by the names that the gradients shall have; `trainable` flags of the variables play no part
 * @throws {EspalierError} SHAPE_MISMATCH when the loss is not a scalar
 */
export function gradients(
  loss: () => tf.Scalar,
  variables: Readonly<Record<string, tf.Variable>>,
): { value: tf.Scalar; gradients: Gradients } {
  registerCoreGradients();
  const names = Object.keys(variables);
  if (names.length === 0) return { value: tf.tidy(() => expectScalar(loss())), gradients: {} };
  return tf.tidy(() => {
    const { value, grads } = tf.engine().gradients(
      () => expectScalar(loss()),
      names.map((name) => variables[name] as tf.Variable),
      null as never,
      true,
    );
    const found: Record<string, tf.Tensor> = {};
    for (const [i, name] of names.entries()) {
      // undefined where the loss does not depend on the variable, which tfjs' types do not say
      const gradient = grads[i] as tf.Tensor | undefined;
      if (gradient !== undefined) found[name] = gradient;
    }
    return { value: value as tf.Scalar, gradients: found };
  });
}

/**
 * Adds gradients of another part of a batch. Both arguments are disposed; parameters that only one of them has are
 * taken over, so a task that only some parts hold counts with what it has.
 * @param total what has been added up so far, undefined at the start
 * @param next gradients of the next part; scale each part's loss (by its share of the batch) before
 */
export function accumulate(total: Gradients | undefined, next: Gradients): Gradients {
  if (total === undefined) return next;
  const sums: Record<string, tf.Tensor> = { ...total };
  for (const [name, gradient] of Object.entries(next)) {
    const before = sums[name];
    if (before === undefined) {
      sums[name] = gradient;
      continue;
    }
    sums[name] = tf.add(before, gradient);
    tf.dispose([before, gradient]);
  }
  return sums;
}

/** Frees gradients. */
export function disposeGradients(gradients: Gradients): void {
  tf.dispose(Object.values(gradients));
}

function expectScalar(value: tf.Tensor): tf.Scalar {
  if (value.rank !== 0) {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `gradients: the loss has shape [${value.shape.join(", ")}], expected a scalar`,
    );
  }
  return value as tf.Scalar;
}
