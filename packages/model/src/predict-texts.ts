import type { Embeddings, EncodeOptions, SentenceTransformer } from "@espalier/encoder";
import type { TextInput } from "@espalier/tokenizer";
import * as tf from "@tensorflow/tfjs-core";
import { type TaskHead, taskLogits } from "./task-head.ts";

/** `batchSize` (texts a launch, default 32), `onProgress` and `signal`. */
export type PredictOptions = Pick<EncodeOptions, "batchSize" | "onProgress" | "signal">;

/**
 * Runs texts through the trunk once, and the vectors through every head.
 * @returns one row a text, with the prediction of each task
 */
export async function predictTexts(
  encoder: SentenceTransformer,
  heads: readonly TaskHead[],
  { texts, ...options }: PredictOptions & { readonly texts: readonly TextInput[] },
): Promise<{ rows: Record<string, unknown>[]; embeddings: Embeddings }> {
  const embeddings = await encoder.encode(texts, {
    ...options,
    // As in training: no prompt, and the vector before it is cut.
    prompt: "",
    truncateDimension: encoder.dimension,
  });
  if (embeddings.rows === 0) return { rows: [], embeddings };
  const outputs = tf.tidy(() => {
    const vectors = tf.tensor2d(embeddings.data, [embeddings.rows, embeddings.dimension]);
    return heads.map((head) => taskLogits(head, vectors, { training: false }));
  });
  try {
    const logits = await Promise.all(outputs.map((output) => output.data<"float32">()));
    const rows = texts.map((_, row) =>
      Object.fromEntries(
        heads.map(({ task, head }, i) => {
          const from = row * head.outputSize;
          const values = (logits[i] as Float32Array).subarray(from, from + head.outputSize);
          return [task, head.decode(values)];
        }),
      ),
    );
    return { rows, embeddings };
  } finally {
    tf.dispose(outputs);
  }
}
