import type { Rng } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { type AttentionOptions, type AttentionStates, attention } from "../attention.ts";
import { attentionIndex } from "../attention-index.ts";
import { dropoutMask } from "../dropout-mask.ts";
import { normals, type OperationCase, whole } from "./operation-case.ts";

/** Cases of packed attention, of random sizes, against attention text by text. */
export function attentionCases(rng: Rng): OperationCase[] {
  return [
    attentionCase(rng, {}),
    attentionCase(rng, { packed: true }),
    attentionCase(rng, { dropoutRate: 0.3 }),
    attentionCase(rng, { positionBias: true, dropoutRate: 0.2 }),
    attentionCase(rng, { queries: "texts" }),
    attentionCase(rng, { full: true }),
    attentionCase(rng, { full: true, packed: true, dropoutRate: 0.3 }),
    attentionCase(rng, { full: true, positionBias: true }),
    attentionCase(rng, { full: true, queries: "texts" }),
  ];
}

interface Variant {
  readonly packed?: boolean;
  readonly dropoutRate?: number;
  readonly positionBias?: boolean;
  readonly queries?: "texts";
  /** Texts of one length, neither a dummy row nor a padded slot. */
  readonly full?: boolean;
}

function attentionCase(rng: Rng, variant: Variant): OperationCase {
  const [heads, perHead, texts] = [whole(rng, 1, 3), whole(rng, 1, 4), whole(rng, 1, 3)];
  const width = heads * perHead;
  const fullLength = whole(rng, 1, 4);
  const starts = new Int32Array(texts + 1);
  for (let b = 0; b < texts; b++) {
    starts[b + 1] = (starts[b] as number) + (variant.full ? fullLength : whole(rng, 1, 5));
  }
  const tokens = starts[texts] as number;
  const longest = Math.max(...starts.subarray(1).map((end, b) => end - (starts[b] as number)));
  const index = attentionIndex(starts, {
    heads,
    rows: variant.full ? tokens : tokens + whole(rng, 1, 3),
    lengthTokens: variant.full ? fullLength : longest + whole(rng, 1, 2),
    batch: variant.full ? texts : texts + whole(rng, 0, 1),
  });
  const { rows, batch, lengthTokens } = index;
  const oneQuery = variant.queries === "texts";
  const outputRows = oneQuery ? batch : rows;
  const read = oneQuery ? texts : tokens; // rows that something may read
  const dropoutRate = variant.dropoutRate ?? 0;
  const stream = rng.fork("attention dropout");
  const queryLength = oneQuery ? 1 : lengthTokens;
  const mask =
    dropoutRate === 0
      ? undefined
      : dropoutMask(batch * heads * queryLength * lengthTokens, {
          rate: dropoutRate,
          rng: stream.fork("mask"),
        });

  const states: Record<string, ReturnType<typeof normals>> = variant.packed
    ? { qkv: normals(rng, [rows, 3 * width]) }
    : {
        q: normals(rng, [outputRows, width]),
        k: normals(rng, [rows, width]),
        v: normals(rng, [rows, width]),
      };
  const positionBias = variant.positionBias
    ? { positionBias: normals(rng, [1, heads, lengthTokens, lengthTokens]) }
    : {};
  const columns = { q: 2 * width, k: 0, v: width };

  return {
    name: `attention ${JSON.stringify(variant)}`,
    inputs: { ...states, ...positionBias },
    run({ qkv, q, k, v, positionBias }) {
      const given = (qkv === undefined ? { q, k, v } : { qkv, columns }) as AttentionStates;
      const options: AttentionOptions = {
        heads,
        batch,
        lengthTokens,
        ...(variant.full ? {} : { slots: {
          gather: tf.tensor1d(index.gather, "int32"),
          scatter: tf.tensor1d(index.scatter, "int32"),
          bias: tf.tensor4d(index.bias, [batch, 1, 1, lengthTokens]),
        } }),
        ...(positionBias === undefined ? {} : { positionBias: positionBias as tf.Tensor4D }),
        ...(dropoutRate === 0 ? {} : { dropout: { rate: dropoutRate, rng: stream.fork("mask") } }),
        ...(oneQuery ? { queries: "texts" as const } : {}),
      };
      const mask = Float32Array.from({ length: outputRows }, (_, row) => (row < read ? 1 : 0));
      return tf.mul(attention(given, options), tf.tensor2d(mask, [outputRows, 1]));
    },
    reference(values) {
      const stride = variant.packed ? 3 * width : width;
      const part = (name: "q" | "k" | "v", row: number, column: number): number => {
        const source = values.qkv ?? values[name];
        const first = variant.packed ? columns[name] : 0;
        return source?.[row * stride + first + column] as number;
      };
      const y = new Float64Array(outputRows * width);
      for (let b = 0; b < texts; b++) {
        const first = starts[b] as number;
        const length = (starts[b + 1] as number) - first;
        for (let h = 0; h < heads; h++) {
          for (let i = 0; i < (oneQuery ? 1 : length); i++) {
            const queryRow = oneQuery ? b : first + i;
            const scores = Array.from({ length }, (_, j) => {
              let score = 0;
              for (let c = h * perHead; c < (h + 1) * perHead; c++) {
                score += part("q", queryRow, c) * part("k", first + j, c);
              }
              const at = (h * lengthTokens + i) * lengthTokens + j;
              return score / Math.sqrt(perHead) + (values.positionBias?.[at] ?? 0);
            });
            const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
            for (const [j, score] of scores.entries()) {
              const at = ((b * heads + h) * queryLength + i) * lengthTokens + j;
              const kept =
                mask === undefined || mask[at] === 1
                  ? 1 / (1 - dropoutRate)
                  : 0;
              const probability = (Math.exp(score) / total) * kept;
              for (let c = h * perHead; c < (h + 1) * perHead; c++) {
                const to = queryRow * width + c;
                y[to] = (y[to] as number) + probability * part("v", first + j, c);
              }
            }
          }
        }
      }
      return y;
    },
  };
}
