import type { ColumnPlan, Dataset, Table, TaskSummary } from "@espalier/data";
import { describeTask, inferColumns, toDataset } from "@espalier/data";
import { type AnyHead, headFromConfig, labelHint } from "@espalier/heads";
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

/** What a dataset holds of each task. @param dataset of `recipeDataset` */
export function recipeTaskSummaries(recipe: Recipe, dataset: Dataset): TaskSummary[] {
  return Object.entries(recipeHeads(recipe)).map(([task, { config }]) =>
    describeTask(dataset, { column: task, ...labelHint(config) }),
  );
}

/**
 * The recipe with the units of its regression tasks, as the labels of a dataset suggest them where they are left out: with
 * four significant digits, as they become part of the recipe.
 */
export function withUnits(recipe: Recipe, dataset: Dataset): Recipe {
  const tasks = recipeTaskSummaries(recipe, dataset).map(({ name, numbers }) => {
    const task = recipe.tasks[name] as RecipeTask;
    if (task.kind !== "regression" || numbers === undefined) return [name, task] as const;
    const { center = rounded(numbers.mean), scale = rounded(numbers.deviation) || 1 } = task;
    return [name, { ...task, center, scale }] as const;
  });
  return { ...recipe, tasks: Object.fromEntries(tasks) };
}

function rounded(number: number): number {
  return Number(number.toPrecision(4));
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
