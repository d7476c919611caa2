import type { Dataset, TaskSummary } from "@espalier/data";
import type { SentenceTransformer } from "@espalier/encoder";
import { bytes, count, magnitude, type Output } from "@espalier/terminal";
import type { StepPlan } from "@espalier/trainer";
import type { Recipe, RecipeTask } from "../recipe/recipe.ts";
import { recipeTaskSummaries } from "../recipe/recipe-model.ts";

/** What is about to happen, one line a fact. */
export function sayData(output: Output, recipe: Recipe, dataset: Dataset): void {
  const { style } = output;
  const text = [recipe.text]
    .flat()
    .map((column) => `"${column}"`)
    .join(" + ");
  output.say(
    `  ${style.dim("data")}     ${recipe.data} · ${count(dataset.examples.length)} rows · text in ${text}`,
  );
  let label = "tasks";
  for (const summary of recipeTaskSummaries(recipe, dataset)) {
    const { kind } = recipe.tasks[summary.name] as RecipeTask;
    const facts = kind === "regression" ? numberFacts(summary) : labelFacts(summary, WHAT[kind]);
    output.say(`  ${style.dim(label.padEnd(8))} ${style.bold(summary.name.padEnd(10))} ${facts}`);
    label = "";
  }
}

const LABELS_SHOWN = 6;
const WHAT = {
  classification: "classes",
  "multi-label": "labels, any number a row",
  ordinal: "classes with an order",
} as const;

/** `3 classes   product 1,000 · movie 1,000 · restaurant 1,000` */
function labelFacts({ classes }: TaskSummary, what: string): string {
  const shown = classes
    .slice(0, LABELS_SHOWN)
    .map(({ name, count: rows }) => `${name} ${count(rows)}`)
    .join(" · ");
  const more = classes.length > LABELS_SHOWN ? ` · … ${classes.length - LABELS_SHOWN} more` : "";
  return `${classes.length} ${what}   ${shown}${more}`;
}

/** `numbers   0 to 5 · mean 2.6 · standard deviation 1.5` */
function numberFacts({ numbers }: TaskSummary): string {
  if (numbers === undefined) return "numbers   none";
  const { smallest, largest } = numbers;
  const [mean, deviation] = [numbers.mean, numbers.deviation].map((x) => +x.toPrecision(4));
  return `numbers   ${smallest} to ${largest} · mean ${mean} · standard deviation ${deviation}`;
}

/** The phases: what trains in each, and what that saves. */
export function sayPhases(
  output: Output,
  trunk: SentenceTransformer,
  phases: ReadonlyArray<{ name: string; epochs?: number; plan: StepPlan }>,
): void {
  const { style } = output;
  output.say(
    `  ${style.dim("trunk")}    ${trunk.name} · ${magnitude(trunk.parameters.size())} parameters · pooling ${trunk.poolingModes.join(" + ")} · at most ${trunk.maxLengthTokens} tokens`,
  );
  for (const [i, { name, epochs = 1, plan }] of phases.entries()) {
    const trains = `${magnitude(plan.counts.trainableSize)} of ${magnitude(plan.counts.size)} parameters train`;
    const cached =
      plan.start === "text"
        ? ""
        : plan.start === "pooled"
          ? ` · trunk computed once, cached (${bytes(plan.estimate.cacheBytes)})`
          : ` · layers up to ${plan.start.afterLayer} computed once, cached (${bytes(plan.estimate.cacheBytes)})`;
    output.say(
      `  ${style.dim(i === 0 ? "plan" : "    ")}     ${i + 1} ${name}, ${epochs} epoch${epochs === 1 ? "" : "s"}   ${trains}${cached}`,
    );
  }
}
