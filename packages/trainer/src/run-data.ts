import { EspalierError } from "@espalier/core";
import {
  type ColumnPlan,
  type Dataset,
  inferColumns,
  type LabelHint,
  readTable,
  splitDataset,
  toDataset,
} from "@espalier/data";
import { labelHint } from "@espalier/heads";
import type { MultiTaskModel, Tasks } from "@espalier/model";
import { type LabelledRows, labelledRows } from "./labelled-rows.ts";
import { buildTextTable, type TextTable } from "./text-table.ts";
import type { TrainOptions } from "./train-options.ts";

/** The data of a run in numbers. */
export interface RunData {
  readonly table: TextTable;
  readonly train: LabelledRows;
  readonly validation: LabelledRows | undefined;
  readonly labelColumns: readonly string[];
}

/**
 * Reads, splits and encodes the data of a run.
 * @throws {EspalierError} naming file and line, as the readers of `@espalier/data` and `labelledRows`
 */
export async function openRunData<T extends Tasks>(
  model: MultiTaskModel<T>,
  { train, validation, seed = 1 }: Pick<TrainOptions, "train" | "validation" | "seed">,
): Promise<RunData> {
  const opened = await open(train, model.tasks);
  const split =
    typeof validation === "number"
      ? splitDataset(opened.dataset, {
          validation,
          seed,
          stratifyBy: opened.dataset.labelColumns.filter((column) => column in model.tasks),
        })
      : {
          train: opened.dataset,
          validation:
            typeof validation === "string"
              ? (await open(validation, model.tasks, opened.plan)).dataset
              : validation,
        };
  const texts = buildTextTable(model.encoder);
  const rows = (dataset: Dataset, name: string): LabelledRows =>
    labelledRows(model, dataset, { texts, name });
  const training = rows(split.train, "the training data");
  const judging = split.validation && rows(split.validation, "the validation data");
  return {
    table: texts.build(),
    train: training,
    validation: judging,
    labelColumns: split.train.labelColumns,
  };
}

/** @param plan of the training file: another file has to have the same columns */
async function open(
  data: Dataset | string,
  tasks: Tasks,
  plan?: ColumnPlan,
): Promise<{ dataset: Dataset; plan?: ColumnPlan }> {
  if (typeof data !== "string") return { dataset: data };
  const table = await readTable(data);
  const columns = plan ?? inferColumns(table, { labels: hintsOf(tasks, table.columns, data) });
  return { dataset: toDataset(table, columns), plan: columns };
}

/** Tasks are columns of the same name; what kind they are is for the heads to say, not to be guessed. */
function hintsOf(
  tasks: Tasks,
  columns: readonly string[],
  file: string,
): Record<string, LabelHint> {
  const present = Object.entries(tasks).filter(([task]) => columns.includes(task));
  if (present.length === 0)
    throw new EspalierError(
      "DATA_INVALID",
      `${file}: no column is named as a task; the columns are ${columns.join(", ")}, the tasks ${Object.keys(tasks).join(", ")}`,
    );
  return Object.fromEntries(present.map(([task, { config }]) => [task, labelHint(config)]));
}
