import { EspalierError } from "@espalier/core";
import type { Dataset } from "@espalier/data";
import type { Embeddings } from "@espalier/encoder";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { evaluateRows } from "./evaluate-rows.ts";
import type { EvaluationReport } from "./evaluation-report.ts";
import { labelledRows } from "./labelled-rows.ts";
import { type TaskWeights, taskFactors } from "./task-weights.ts";
import { buildTextTable } from "./text-table.ts";
import { givenVectors, plainSource } from "./vector-source.ts";

export interface EvaluateOptions {
  /** Sentence vectors of the dataset's examples, in order, where they are known: the trunk is then not run. */
  readonly vectors?: Embeddings;
  /** How the losses are added up. Default "equal". */
  readonly taskWeights?: TaskWeights;
  /** Texts a launch. Default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures a model on labelled rows, without dropout. Rows may be labelled for any subset of the tasks.
 * @throws {EspalierError} NAME_UNKNOWN for a label that a head does not know, DATA_INVALID when no row has a label,
 *   SHAPE_MISMATCH when there are other than one vector an example, ABORTED when cancelled
 */
export async function evaluate<T extends Tasks>(
  model: MultiTaskModel<T>,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  const { vectors, batchSize, signal, taskWeights = "equal" } = options;
  const texts = buildTextTable(model.encoder);
  const rows = labelledRows(model, dataset, { texts, name: "the dataset" });
  const table = texts.build();
  const source =
    vectors === undefined
      ? plainSource(model.encoder, table, "text")
      : givenVectors(vectorsOfTexts(rows, vectors, table.encodings.length), vectors.dimension);
  return evaluateRows(model, rows, {
    source,
    table,
    taskFactors: taskFactors(taskWeights, Object.keys(model.tasks)),
    ...(batchSize === undefined ? {} : { batchSize }),
    signal,
  });
}

/** One vector a place of the text table. */
function vectorsOfTexts(
  {
    texts,
    examples,
    datasetRows,
  }: { texts: Int32Array; examples: Int32Array; datasetRows: number },
  { data, rows, dimension }: Embeddings,
  places: number,
): Float32Array {
  if (rows !== datasetRows)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `${rows} vectors for a dataset of ${datasetRows} rows, expected one each`,
    );
  const table = new Float32Array(places * dimension);
  for (const [row, text] of texts.entries()) {
    const example = examples[row] as number;
    table.set(data.subarray(example * dimension, (example + 1) * dimension), text * dimension);
  }
  return table;
}
