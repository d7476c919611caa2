import { didYouMean, EspalierError } from "@espalier/core";
import {
  type ColumnPlan,
  inferColumns,
  type LabelHint,
  readTable,
  type Table,
} from "@espalier/data";
import { columnKind } from "@espalier/heads";
import { type RecipeInput, type RecipeTask, TASK_SCHEMAS } from "./recipe.ts";

/** A recipe made up from a data file, with what was decided on the way. */
export interface InferredRecipe {
  /** Without the values that have a default. */
  readonly recipe: RecipeInput;
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
 * @param overrides of `--set`: a kind asked for there decides how a column is read; the others are left to the reader of the
 *   recipe
 * @throws {EspalierError} DATA_INVALID when the text or the labels can't be told, or a column is not of the kind asked for;
 *   NAME_UNKNOWN when there is no column for such a kind
 */
export async function inferRecipe(
  path: string,
  overrides: readonly string[],
): Promise<InferredRecipe> {
  const table = await readTable(path);
  const kinds = kindsAskedFor(overrides);
  const plan = planOf(table, kinds);
  const tasks = Object.fromEntries(
    plan.labels.map((label) => {
      const name = taskName(label.column);
      const task = {
        kind: kinds.get(name) ?? label.kind,
        ...(label.kind === "regression" ? {} : { labels: label.classes }),
        ...(name === label.column ? {} : { column: label.column }),
      };
      return [name, task as RecipeInput["tasks"][string]];
    }),
  );
  const recipe: RecipeInput = {
    data: path,
    text: textOf(plan),
    tasks,
    phases: [...DEFAULT_PHASES],
  };
  return { recipe, table, plan };
}

/** By task: `tasks.stars.kind=ordinal`. */
function kindsAskedFor(overrides: readonly string[]): Map<string, RecipeTask["kind"]> {
  return new Map(
    overrides.flatMap((override) => {
      const [, task = "", kind = ""] = /^tasks\.([\w-]+)\.kind=(.*)$/.exec(override) ?? [];
      return Object.hasOwn(TASK_SCHEMAS, kind) ? [[task, kind as RecipeTask["kind"]] as const] : [];
    }),
  );
}

/** The columns as they look, or as kinds that were asked for need them: then a column is a task whatever it looks like. */
function planOf(table: Table, kinds: ReadonlyMap<string, RecipeTask["kind"]>): ColumnPlan {
  const found = inferColumns(table);
  if (kinds.size === 0) return found;
  const looks = new Map(found.labels.map(({ column, kind }) => [column, kind]));
  const names = table.columns.map(taskName);
  for (const [task, kind] of kinds)
    if (!names.includes(task))
      throw new EspalierError(
        "NAME_UNKNOWN",
        `--set tasks.${task}.kind=${kind}: ${table.file} has no column for a task "${task}"${didYouMean(task, names)}; the columns are ${table.columns.join(", ")}`,
      );
  const labels = table.columns.flatMap((column): [string, LabelHint][] => {
    const kind = kinds.get(taskName(column)) ?? looks.get(column);
    if (kind === undefined) return [];
    return [[column, { kind: columnKind(kind) }]];
  });
  const plan = inferColumns(table, { text: textOf(found), labels: Object.fromEntries(labels) });
  const ignored = found.ignored.filter(({ column }) => !kinds.has(taskName(column)));
  return { ...plan, ignored };
}

function textOf({ text }: ColumnPlan): string | [string, string] {
  const [first, second] = text.columns;
  return second === undefined ? first : [first, second];
}

function taskName(column: string): string {
  const name = column.trim().replace(/[^\w-]+/g, "_");
  return name === "" ? "task" : name;
}
