import type { Dataset } from "@espalier/data";
import type { SentenceTransformer } from "@espalier/encoder";
import { bytes, count, magnitude, type Output } from "@espalier/terminal";
import type { StepPlan } from "@espalier/trainer";
import type { Recipe } from "../recipe/recipe.ts";

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
  for (const [task, { labels }] of Object.entries(recipe.tasks)) {
    const counts = classCounts(dataset, task, labels);
    const shown = labels
      .slice(0, 6)
      .map((name) => `${name} ${count(counts.get(name) ?? 0)}`)
      .join(" · ");
    const more = labels.length > 6 ? ` · … ${labels.length - 6} more` : "";
    output.say(
      `  ${style.dim(label.padEnd(8))} ${style.bold(task.padEnd(10))} ${labels.length} classes   ${shown}${more}`,
    );
    label = "";
  }
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
    const label = given[task];
    if (typeof label === "string") counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
