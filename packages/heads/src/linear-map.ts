import { EspalierError, type Rng } from "@espalier/core";
import { dropout, linear } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { Head, HeadParameter } from "./head.ts";

/** The parameters of a linear map. */
export interface LinearParameters extends Readonly<Record<string, HeadParameter>> {
  /** `[K, D]` */
  readonly weight: HeadParameter;
  /** `[K]` */
  readonly bias: HeadParameter;
}

type LinearMap = Pick<Head<unknown>, "outputSize" | "shapes" | "logits"> & {
  init(inputSize: number, rng: Rng): LinearParameters;
};

/** As in the Hugging Face models. */
const INITIAL_DEVIATION = 0.02;

/**
 * The part of a head from vectors to logits: dropout, then `weight [K, D]` and `bias [K]`. Weights start from a normal
 * distribution with deviation 0.02, biases at 0.
 * @param kind what messages call the head
 */
export function linearMap(
  kind: string,
  { outputSize, rate }: { readonly outputSize: number; readonly rate: number },
): LinearMap {
  return {
    outputSize,

    shapes: (inputSize) => ({ weight: [outputSize, inputSize], bias: [outputSize] }),

    init(inputSize, rng) {
      const stream = rng.fork("weight");
      const length = outputSize * inputSize;
      return {
        weight: {
          shape: [outputSize, inputSize],
          values: Float32Array.from({ length }, () => stream.normal() * INITIAL_DEVIATION),
        },
        bias: { shape: [outputSize], values: new Float32Array(outputSize) },
      };
    },

    logits(vectors, { weight, bias }, { training, rng }) {
      if (training && rate > 0 && rng === undefined)
        throw new EspalierError(
          "CONFIG_INVALID",
          `${kind}: dropout ${rate} in training needs a random stream (context.rng)`,
        );
      const dropped = training && rng !== undefined ? dropout(vectors, { rate, rng }) : vectors; // [B, D]
      return linear(dropped, weight as tf.Tensor2D, bias as tf.Tensor1D); // [B, K]
    },
  };
}
