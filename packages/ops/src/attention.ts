import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { attentionLayout } from "./attention-layout.ts";
import { differentiable } from "./differentiable.ts";
import { applyDropout, type DropoutOptions, expectRate, keptElements } from "./dropout.ts";
import { maskedSoftmax, softmaxGradient } from "./masked-softmax.ts";

/** Queries, keys and values, apart or as columns of one tensor. */
export type AttentionStates =
  | {
      /** float32 `[N, D]`, or `[B, D]` where `queries` is "texts" */
      readonly q: tf.Tensor2D;
      /** float32 `[N, D]` */
      readonly k: tf.Tensor2D;
      /** float32 `[N, D]` */
      readonly v: tf.Tensor2D;
    }
  | {
      /** float32 `[N, 3D]` */
      readonly qkv: tf.Tensor2D;
      /** First column of each part, some order of 0, D and 2D. Default: `{ q: 0, k: D, v: 2D }`. */
      readonly columns?: { readonly q: number; readonly k: number; readonly v: number };
    };

/** The arrays of `attentionIndex` on the backend. */
export interface AttentionSlots {
  /** int32 `[B · H · T]` */
  readonly gather: tf.Tensor1D;
  /** int32 `[N · H]` */
  readonly scatter: tf.Tensor1D;
  /** float32 `[B, 1, 1, T]`; no gradient flows to it */
  readonly bias: tf.Tensor4D;
}

export interface AttentionOptions {
  readonly heads: number;
  /** B */
  readonly batch: number;
  /** T */
  readonly lengthTokens: number;
  /** Where slots and rows are not the same; left out when every text has T tokens and there is no dummy row. */
  readonly slots?: AttentionSlots | undefined;
  /** Added to the scaled scores: float32 `[1 or B, 1 or H, 1 or T, T]`, as relative positions; gradients flow to it. */
  readonly positionBias?: tf.Tensor4D;
  /** What scores are multiplied by. Default: 1 / √d. */
  readonly scale?: number;
  /** Dropout of the attention probabilities; none by default. */
  readonly dropout?: DropoutOptions;
  /**
   * Who asks: "tokens" (default), or "texts", one query a text, as the last layer under CLS pooling needs no more. Then
   * q and the result are `[B, D]`, and rows of empty texts are finite but meaningless: let nothing read them.
   */
  readonly queries?: "tokens" | "texts";
}

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017) over packed tokens: every text attends to itself, and
 * only the scores and the two products around them are padded. One gather leads from `[N, D]` to `[B, H, T, d]` and
 * another one back; all gradients are gathers as well. Without padding they are transposes.
 *
 * Rows past the texts (dummy rows) come out finite and meaningless: nothing may read them, see `attentionIndex`.
 * @returns float32 `[N, D]`, or `[B, D]` where `queries` is "texts"
 * @throws {EspalierError} SHAPE_MISMATCH when states, index and bias do not fit, CONFIG_INVALID for a bad dropout rate
 */
export function attention(states: AttentionStates, options: AttentionOptions): tf.Tensor2D {
  const { q, k, v } = "qkv" in states ? split(states) : states;
  const layout = attentionLayout({ q, k, v }, options);
  const { perHead, toHeads, toRows, toQueries, fromQueries } = layout;
  const scale = options.scale ?? 1 / Math.sqrt(perHead);
  const { slots, positionBias, dropout } = options;
  if (dropout !== undefined) expectRate(dropout.rate);
  const rate = dropout?.rate ?? 0;
  const kept = dropout === undefined || rate === 0 ? [] : [keptElements(layout.scores, dropout)];
  const drop = (x: tf.Tensor, mask: tf.Tensor1D | undefined): tf.Tensor =>
    mask === undefined ? x : applyDropout(x, rate, mask);

  const inputs: Record<string, tf.Tensor> = { q, k, v };
  if (positionBias !== undefined) inputs.positionBias = positionBias;
  return differentiable(inputs, {
    forward(save) {
      const queries = toQueries(q, slots?.gather); // [B, H, Tq, d]
      const keys = toHeads(k, slots?.gather); // [B, H, T, d]
      const values = toHeads(v, slots?.gather); // [B, H, T, d]
      const products = tf.matMul(queries, keys, false, true) as tf.Tensor4D; // [B, H, Tq, T]
      const scores =
        positionBias === undefined
          ? products
          : (tf.add(products, tf.div(positionBias, scale)) as tf.Tensor4D);
      const probabilities = maskedSoftmax(scores, slots?.bias, scale); // [B, H, Tq, T]
      const used = drop(probabilities, kept[0]);
      const index = slots === undefined ? [] : [slots.gather, slots.scatter];
      save([queries, keys, values, probabilities, used, ...kept, ...index]);
      return fromQueries(tf.matMul(used, values), slots?.scatter);
    },
    backward(dy, saved) {
      const [queries, keys, values, probabilities, used, ...rest] = saved as Saved;
      const [mask] = rest.slice(0, kept.length);
      const [gather, scatter] = rest.slice(kept.length);
      const dcontext = toQueries(dy as tf.Tensor2D, gather); // [B, H, Tq, d]
      // softmaxGradient's factor is the scale of the scores, so this is the gradient of the products.
      const dproducts = tf.tidy(() => {
        const dprobabilities = drop(tf.matMul(dcontext, values, false, true), mask); // [B, H, Tq, T]
        return softmaxGradient(dprobabilities, probabilities, scale);
      });
      return {
        q: () => fromQueries(tf.matMul(dproducts, keys), scatter),
        k: () => toRows(tf.matMul(dproducts, queries, true, false), scatter),
        v: () => toRows(tf.matMul(used, dcontext, true, false), scatter),
        positionBias: () => tf.div(sumTo(dproducts, (positionBias as tf.Tensor4D).shape), scale),
      };
    },
  });
}

type Saved = [
  queries: tf.Tensor4D,
  keys: tf.Tensor4D,
  values: tf.Tensor4D,
  probabilities: tf.Tensor4D,
  used: tf.Tensor4D,
  /** Which probabilities dropout kept, if it is on; then gather and scatter, if there are slots. */
  ...rest: tf.Tensor1D[],
];

function split(states: Extract<AttentionStates, { qkv: tf.Tensor2D }>): {
  q: tf.Tensor2D;
  k: tf.Tensor2D;
  v: tf.Tensor2D;
} {
  const width = (states.qkv.shape[1] ?? 0) / 3;
  const { q, k, v } = states.columns ?? { q: 0, k: width, v: 2 * width };
  const order = [q, k, v].map((column) => column / width);
  if ([...order].sort().join() !== "0,1,2") {
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `attention: columns q ${q}, k ${k}, v ${v} are not 0, ${width} and ${2 * width} in some order`,
    );
  }
  const parts = tf.split(states.qkv, 3, 1);
  const part = (i: number): tf.Tensor2D => parts[order[i] as number] as tf.Tensor2D;
  return { q: part(0), k: part(1), v: part(2) };
}

/** Sums the axes along which `shape` was broadcast. */
function sumTo(x: tf.Tensor4D, shape: readonly number[]): tf.Tensor4D {
  const axes = [0, 1, 2, 3].filter((axis) => shape[axis] === 1 && x.shape[axis] !== 1);
  return axes.length === 0 ? x : tf.sum(x, axes, true);
}
