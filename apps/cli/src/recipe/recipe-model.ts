import type { ColumnPlan, Dataset, Table } from "@espalier/data";
import { inferColumns, toDataset } from "@espalier/data";
import { type AnyHead, headFromConfig, labelHint } from "@espalier/heads";
import { labelStatistics } from "./label-statistics.ts";
import type { Recipe, RecipeTask } from "./recipe.ts";

/** The heads a recipe asks for, by task. */
export function recipeHeads(recipe: Recipe): Record<string, AnyHead> {
  return Object.fromEntries(
    Object.entries(recipe.tasks).map(([task, { column: _, weight: __, ...config }]) => {
      const given = Object.entries(config).filter(([, value]) => value !== undefined);
      return [task, headFromConfig(Object.fromEntries(given), `tasks.${task}`)];
    }),
  );
}

/** The recipe with the units of its regression tasks, as the labels of a dataset suggest them where they are left out. */
export function withUnits(recipe: Recipe, dataset: Dataset): Recipe {
  const tasks = Object.entries(recipe.tasks).map(([name, task]): [string, RecipeTask] => {
    if (task.kind !== "regression") return [name, task];
    const { mean, deviation } = labelStatistics(dataset, name);
    return [name, { ...task, center: task.center ?? mean, scale: task.scale ?? (deviation || 1) }];
  });
  return { ...recipe, tasks: Object.fromEntries(tasks) };
}

/**
 * The rows of a table as the recipe reads them, labels under the names of the tasks.
 * @throws {EspalierError} NAME_UNKNOWN for a column the table lacks, DATA_INVALID for a label that the recipe does not list
 */
export function recipeDataset(recipe: Recipe, table: Table): Dataset {
  const heads = recipeHeads(recipe);
  const columns = Object.entries(recipe.tasks).map(
    ([name, { column = name }]) => [name, column] as const,
  );
  const plan: ColumnPlan = inferColumns(table, {
    text: recipe.text,
    labels: Object.fromEntries(
      columns.map(([task, column]) => [column, labelHint((heads[task] as AnyHead).config)]),
    ),
  });
  const dataset = toDataset(table, plan);
  if (columns.every(([task, column]) => task === column)) return dataset;
  return {
    ...dataset,
    labelColumns: columns.map(([task]) => task),
    examples: dataset.examples.map((example) => ({
      ...example,
      labels: Object.fromEntries(columns.map(([task, column]) => [task, example.labels[column]])),
    })),
  };
}
