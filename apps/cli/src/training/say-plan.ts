import type { Dataset } from "@espalier/data";
import type { SentenceTransformer } from "@espalier/encoder";
import { bytes, count, magnitude, type Output } from "@espalier/terminal";
import type { StepPlan } from "@espalier/trainer";
import { labelStatistics } from "../recipe/label-statistics.ts";
import type { Recipe, RecipeTask } from "../recipe/recipe.ts";

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
  for (const [name, task] of Object.entries(recipe.tasks)) {
    const facts = "labels" in task ? labelFacts(dataset, name, task) : numberFacts(dataset, name);
    output.say(`  ${style.dim(label.padEnd(8))} ${style.bold(name.padEnd(10))} ${facts}`);
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
function labelFacts(
  dataset: Dataset,
  name: string,
  { kind, labels }: Extract<RecipeTask, { readonly labels: readonly string[] }>,
): string {
  const counts = classCounts(dataset, name, labels);
  const shown = labels
    .slice(0, LABELS_SHOWN)
    .map((label) => `${label} ${count(counts.get(label) ?? 0)}`)
    .join(" · ");
  const more = labels.length > LABELS_SHOWN ? ` · … ${labels.length - LABELS_SHOWN} more` : "";
  return `${labels.length} ${WHAT[kind]}   ${shown}${more}`;
}

/** `numbers   0 to 5 · mean 2.6` */
function numberFacts(dataset: Dataset, name: string): string {
  const { smallest, largest, mean, deviation } = labelStatistics(dataset, name);
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

function classCounts(
  dataset: Dataset,
  task: string,
  labels: readonly string[],
): Map<string, number> {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { labels: given } of dataset.examples) {
    for (const label of [given[task] ?? []].flat().map(String))
      counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
