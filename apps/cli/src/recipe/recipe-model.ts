import type { ColumnPlan, Dataset, Table } from "@espalier/data";
import { inferColumns, toDataset } from "@espalier/data";
import { type AnyHead, classification } from "@espalier/heads";
import type { Recipe } from "./recipe.ts";

/** The heads a recipe asks for, by task. */
export function recipeHeads(recipe: Recipe): Record<string, AnyHead> {
  return Object.fromEntries(
    Object.entries(recipe.tasks).map(([task, { labels, dropout, labelSmoothing }]) => [
      task,
      classification(labels, { dropout, labelSmoothing }) as AnyHead,
    ]),
  );
}

/**
 * The rows of a table as the recipe reads them, labels under the names of the tasks.
 * @throws {EspalierError} NAME_UNKNOWN for a column the table lacks, DATA_INVALID for a label that the recipe does not list
 */
export function recipeDataset(recipe: Recipe, table: Table): Dataset {
  const columns = Object.entries(recipe.tasks).map(
    ([task, { column, labels }]) => [task, column ?? task, labels] as const,
  );
  const plan: ColumnPlan = inferColumns(table, {
    text: recipe.text,
    labels: Object.fromEntries(
      columns.map(([, column, classes]) => [column, { kind: "classification", classes }]),
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
