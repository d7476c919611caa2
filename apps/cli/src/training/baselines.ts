import type { Dataset } from "@espalier/data";
import type { Embeddings, SentenceTransformer } from "@espalier/encoder";
import {
  accuracy,
  fitLogisticRegression,
  type Matrix,
  majorityBaseline,
  predictClasses,
} from "@espalier/metrics";
import type { Recipe } from "../recipe/recipe.ts";

/** Accuracy on the validation rows of what a trained model has to beat. */
export interface Baselines {
  readonly majority: number;
  readonly frozenLogisticRegression: number;
}

/**
 * Measures the baselines of every task: always the most frequent training label, and logistic regression (L2, C = 1) on
 * the sentence vectors of the trunk as it is.
 * @param options.onProgress share of the texts encoded, `[0, 1]`
 */
export async function measureBaselines(
  encoder: SentenceTransformer,
  data: { readonly train: Dataset; readonly validation: Dataset; readonly recipe: Recipe },
  options: { readonly signal: AbortSignal; readonly onProgress?: (share: number) => void },
): Promise<Record<string, Baselines>> {
  const texts = [...data.train.examples, ...data.validation.examples].map(({ text }) => text);
  const vectors = await encoder.encode(texts, {
    signal: options.signal,
    prompt: "",
    onProgress: ({ done, total }) => options.onProgress?.(done / total),
  });
  const trainRows = data.train.examples.length;
  return Object.fromEntries(
    Object.entries(data.recipe.tasks).map(([task, { labels }]) => {
      const train = labelledVectors(vectors, data.train, { task, labels, offset: 0 });
      const validation = labelledVectors(vectors, data.validation, {
        task,
        labels,
        offset: trainRows,
      });
      const classCount = labels.length;
      const model = fitLogisticRegression({
        features: train.features,
        labels: train.targets,
        classCount,
        tolerance: 1e-5,
      });
      return [
        task,
        {
          majority: majorityBaseline(train.targets, validation.targets, classCount).accuracy,
          frozenLogisticRegression: accuracy(
            validation.targets,
            predictClasses(model, validation.features),
          ),
        },
      ];
    }),
  );
}

function labelledVectors(
  vectors: Embeddings,
  dataset: Dataset,
  of: { task: string; labels: readonly string[]; offset: number },
): { features: Matrix; targets: Int32Array } {
  const { dimension } = vectors;
  const rows = dataset.examples.flatMap(({ labels }, row) => {
    const target = of.labels.indexOf(String(labels[of.task]));
    return target < 0 ? [] : [{ row: row + of.offset, target }];
  });
  const data = new Float32Array(rows.length * dimension);
  for (const [i, { row }] of rows.entries())
    data.set(vectors.data.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return {
    features: { data, rows: rows.length, dimension },
    targets: Int32Array.from(rows, ({ target }) => target),
  };
}
