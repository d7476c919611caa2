import { type ColumnPlan, inferColumns, readTable, type Table } from "@espalier/data";
import { type Recipe, recipeSchema } from "./recipe.ts";

/** A recipe made up from a data file, with what was decided on the way. */
export interface InferredRecipe {
  readonly recipe: Recipe;
  readonly table: Table;
  readonly plan: ColumnPlan;
}

/** Heads on the frozen trunk until they stagnate, then everything: the transfer recipe. */
export const DEFAULT_PHASES = [
  {
    name: "heads only",
    freeze: "backbone",
    epochs: 20,
    patience: 2,
    learningRate: 1e-3,
    warmup: 0,
    schedule: "constant_with_warmup",
  },
  { name: "everything", freeze: "none", epochs: 3, learningRate: 1e-4, headLearningRate: 1e-3 },
] as const;

/**
 * Finds the text column and a task in every label column of a table, and adds sound defaults.
 * @throws {EspalierError} DATA_INVALID when the text or the labels can't be told
 */
export async function inferRecipe(path: string): Promise<InferredRecipe> {
  const table = await readTable(path);
  const plan = inferColumns(table);
  const tasks = Object.fromEntries(
    plan.labels.map((label) => [
      taskName(label.column),
      {
        kind: label.kind,
        ...(label.kind === "regression" ? {} : { labels: label.classes }),
        ...(taskName(label.column) === label.column ? {} : { column: label.column }),
      },
    ]),
  );
  const [first, second] = plan.text.columns;
  const recipe = recipeSchema.parse({
    data: path,
    text: second === undefined ? first : [first, second],
    tasks,
    phases: DEFAULT_PHASES,
  });
  return { recipe, table, plan };
}

function taskName(column: string): string {
  const name = column.trim().replace(/[^\w-]+/g, "_");
  return name === "" ? "task" : name;
}
