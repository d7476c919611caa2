import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { writeFileAtomic } from "@espalier/checkpoint";
import { EspalierError } from "@espalier/core";
import { readTable, type Table } from "@espalier/data";
import { defineCommand, type Output } from "@espalier/terminal";
import { expectFree } from "../expect-free.ts";
import { interruptible } from "../interrupt.ts";
import { processOutput } from "../output.ts";
import { inferRecipe } from "../recipe/infer-recipe.ts";
import { parseRecipe, readRecipe } from "../recipe/read-recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { recipeDataset, withUnits } from "../recipe/recipe-model.ts";
import { recipeYaml } from "../recipe/write-recipe.ts";
import { costLine, resultTasks } from "../report.ts";
import { backendOptions, startEngine } from "../shared-options.ts";
import { openTraining, type TrainingData } from "../training/open-training.ts";
import { freeRunDirectory } from "../training/run-directory.ts";
import { runTraining } from "../training/run-training.ts";
import { sayData } from "../training/say-plan.ts";

const RECIPE_EXTENSIONS = [".yaml", ".yml"];

export const train = defineCommand({
  name: "train",
  summary: "a model from a CSV, TSV, JSON or JSONL file, or from a recipe",
  description:
    "Given data, finds the text column, makes every label column a task and trains with sound defaults; the plan is printed and saved as a recipe. Given a recipe (.yaml), does what it says.",
  positionals: [
    { name: "DATA|RECIPE", description: "rows with text and labels, or a recipe", required: true },
  ],
  options: {
    out: {
      kind: "text",
      placeholder: "DIR",
      short: "o",
      description: "where recipe, report and model go; runs/NAME-N when left out",
    },
    set: {
      kind: "list",
      placeholder: "KEY=VALUE",
      description: "change a recipe value, e.g. --set batchSize=16 --set phases.1.epochs=5",
    },
    json: { kind: "flag", description: "one JSON document on stdout at the end" },
    ...backendOptions,
  },
  examples: [
    "espalier train reviews.csv",
    "espalier train reviews.csv --set trunk=distilbert-base-uncased --set pooling=cls",
    "espalier train runs/reviews-1/recipe.yaml --set seed=2 --out runs/seed-2",
  ],
  async run({ positionals: [path], options }) {
    const output = processOutput();
    const directory = options.out ?? freeRunDirectory(path as string);
    const modelDirectory = join(directory, "model");
    await expectFree(modelDirectory, "--out");
    const { recipe, data } = await prepare(output, path as string, options.set);
    sayData(output, recipe, data.dataset);
    await startEngine(options);
    const startedMs = performance.now();
    const training = await openTraining(recipe, data);
    const { model } = training;
    await mkdir(directory, { recursive: true });
    const recipePath = join(directory, "recipe.yaml");
    await writeFileAtomic(recipePath, recipeYaml(recipe));
    const { signal, release } = interruptible(output);
    try {
      const { report, result } = await runTraining(training, { output, signal, startedMs });
      await model.save(modelDirectory);
      await writeFileAtomic(
        join(directory, "report.json"),
        `${JSON.stringify({ ...report, training: result }, null, 2)}\n`,
      );
      output.say();
      if (!options.json) resultTasks(output, report.tasks);
      const best = result.best;
      output.say(
        `  ${best === undefined ? "" : `best: epoch ${best.epoch} of ${best.phase.name} · `}${costLine(report)}`,
      );
      output.say();
      output.say(`  recipe   ${recipePath}   change it and run: espalier train ${recipePath}`);
      output.say(
        `  model    ${modelDirectory}   try: echo "…" | espalier predict ${modelDirectory}`,
      );
      if (options.json)
        output.result(JSON.stringify({ ...report, recipe: recipePath, model: modelDirectory }));
      if (result.status === "aborted")
        throw new EspalierError(
          "ABORTED",
          `stopped after ${result.steps} steps; the model so far is in ${modelDirectory}`,
        );
    } finally {
      release();
      model.dispose();
    }
  },
});

async function prepare(
  output: Output,
  path: string,
  overrides: readonly string[],
): Promise<{ recipe: Recipe; data: TrainingData }> {
  if (RECIPE_EXTENSIONS.includes(extname(path))) {
    const recipe = await readRecipe(path, overrides);
    return recipeData(recipe, await readTable(recipe.data));
  }
  const { recipe: inferred, table, plan } = await inferRecipe(path, overrides);
  for (const { column, reason } of plan.ignored) output.say(`  left out "${column}": ${reason}`);
  const recipe = parseRecipe({ path, text: recipeYaml(inferred), overrides });
  const rows = recipe.data === path ? table : await readTable(recipe.data);
  return recipeData(recipe, rows);
}

async function recipeData(
  given: Recipe,
  rows: Table,
): Promise<{ recipe: Recipe; data: TrainingData }> {
  const dataset = recipeDataset(given, rows);
  const recipe = withUnits(given, dataset);
  const { validation } = recipe;
  if (typeof validation === "number") return { recipe, data: { dataset, share: validation } };
  const held = recipeDataset(recipe, await readTable(validation));
  return { recipe, data: { dataset, validation: held } };
}
