import * as tf from "@tensorflow/tfjs-core";

/** Moments of an optimizer's slots as tensors that outlive the step. Zero, and without memory, until first set. */
export interface ComposedMoments {
  get(slot: number): tf.Tensor | undefined;
  /** Replaces the moment; the tensor is kept, its predecessor is disposed. */
  set(slot: number, moment: tf.Tensor): void;
  read(slot: number): Float32Array;
  write(slot: number, values: Float32Array | undefined): void;
  dispose(): void;
}

export function composedMoments(variables: readonly tf.Variable[]): ComposedMoments {
  const moments = new Map<number, tf.Tensor>();
  const set = (slot: number, moment: tf.Tensor): void => {
    moments.get(slot)?.dispose();
    moments.set(slot, tf.keep(moment));
  };
  const variable = (slot: number): tf.Variable => variables[slot] as tf.Variable;
  return {
    get: (slot) => moments.get(slot),
    set,
    read: (slot) =>
      // A copy: some backends hand out the memory they work in.
      moments.get(slot)?.dataSync<"float32">().slice() ?? new Float32Array(variable(slot).size),
    write(slot, values) {
      if (values !== undefined) set(slot, tf.tensor(values.slice(), variable(slot).shape));
      else {
        moments.get(slot)?.dispose();
        moments.delete(slot);
      }
    },
    dispose() {
      tf.dispose([...moments.values()]);
      moments.clear();
    },
  };
}
