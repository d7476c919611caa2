import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EspalierError, peakMemoryBytes } from "@espalier/core";
import type { TextInput } from "@espalier/data";
import type { AnyHead, PredictionOf } from "@espalier/heads";
import { nearestNeighbours } from "@espalier/metrics";
import { MultiTaskModel } from "@espalier/model";
import { defineCommand } from "@espalier/terminal";
import { loadUciSentences } from "@espalier/uci-sentences";
import { demoRecipe } from "../demo/demo-recipe.ts";
import { expectFree } from "../expect-free.ts";
import { interruptible } from "../interrupt.ts";
import { processOutput } from "../output.ts";
import { costLine, resultTasks } from "../report.ts";
import { backendOptions, startEngine } from "../shared-options.ts";
import { openTraining } from "../training/open-training.ts";
import { runTraining } from "../training/run-training.ts";
import { sayData } from "../training/say-plan.ts";
import { resultBars } from "./predict.ts";

/** Written for the demo; none of them is in the data. */
const SENTENCES = [
  "The pasta was superb and the waiter kept our glasses full.",
  "The battery died after two days and the charger never fit.",
  "A slow, clumsy script that wastes a wonderful cast.",
  "Crystal clear sound, and it pairs with my laptop in a second.",
  "We waited an hour for cold soup.",
];
const NEIGHBOURS = 3;
const VALIDATION_SHARE = 0.2;

export const demo = defineCommand({
  name: "demo",
  summary: "the whole pipeline on 3,000 real sentences, in about a minute",
  description:
    "Loads the embedded trunk with its pretrained weights and 3,000 review sentences with two labels each, trains two heads on the frozen trunk and then everything, compares with the baselines, saves, reloads, predicts and finds nearest neighbours. Needs no network.",
  positionals: [],
  options: {
    seed: {
      kind: "integer",
      default: 1,
      min: 0,
      description: "of the split, the heads and the batches",
    },
    out: {
      kind: "text",
      placeholder: "DIR",
      short: "o",
      description: "keep the trained model here",
    },
    json: { kind: "flag", description: "one JSON document on stdout instead of text" },
    ...backendOptions,
  },
  examples: ["espalier demo", "espalier demo --seed 2 --json"],
  async run({ options }) {
    const output = processOutput();
    const startMs = performance.now();
    if (options.out !== undefined) await expectFree(options.out, "--out");
    output.progress("  loading the trunk and the sentences");
    await startEngine(options);
    const { signal, release } = interruptible(output);
    const directory = options.out ?? join(await mkdtemp(join(tmpdir(), "espalier-")), "model");
    try {
      const recipe = demoRecipe({
        seed: options.seed,
        trunk: "use-lite",
        validation: VALIDATION_SHARE,
      });
      const dataset = await loadUciSentences();
      sayData(output, recipe, dataset);
      const training = await openTraining(recipe, { dataset, share: VALIDATION_SHARE });
      const { model } = training;
      const { report, result } = await runTraining(training, {
        output,
        signal,
        startedMs: startMs,
      });
      if (result.status === "aborted")
        throw new EspalierError("ABORTED", `stopped after ${result.steps} steps, nothing is kept`);
      await model.save(directory);
      model.dispose();

      const reloaded = await MultiTaskModel.load(directory);
      const { predictions, embeddings } = await reloaded.predictAndEmbed(SENTENCES);
      const corpus = [training.train, training.validation].flatMap(({ examples }) =>
        examples.map(({ text }) => text),
      );
      const vectors = await reloaded.encoder.encode(corpus);
      const { indices, similarities } = nearestNeighbours(
        { ...embeddings, data: embeddings.data.subarray(0, embeddings.dimension), rows: 1 },
        vectors,
        NEIGHBOURS,
      );
      reloaded.dispose();
      const neighbours = Array.from(indices, (index, i) => ({
        text: corpus[index] as TextInput,
        similarity: similarities[i] as number,
      }));
      const document = {
        ...report,
        wallSeconds: (performance.now() - startMs) / 1000,
        peakMemoryBytes: peakMemoryBytes(),
        seed: options.seed,
        backend: options.backend,
        predictions: SENTENCES.map((text, i) => ({ text, ...predictions[i] })),
        neighbours: { of: SENTENCES[0], nearest: neighbours },
        ...(options.out === undefined ? {} : { model: directory }),
      };
      if (options.json) {
        output.endProgress();
        output.result(JSON.stringify(document, null, 2));
        return;
      }
      output.say();
      resultTasks(output, report.tasks);
      output.result(`  ${costLine(document)}`);
      output.result("\n  saved, reloaded, and asked about sentences of its own");
      for (const [i, text] of SENTENCES.entries())
        resultBars(output, text, predictions[i] as Record<string, PredictionOf<AnyHead>>);
      output.result(`\n  nearest to "${SENTENCES[0]}"`);
      for (const { text, similarity } of neighbours)
        output.result(`  ${similarity.toFixed(3)}  ${text}`);
      if (options.out !== undefined)
        output.say(`\n  model    ${directory}   try: echo "…" | espalier predict ${directory}`);
    } finally {
      release();
      if (options.out === undefined)
        await rm(join(directory, ".."), { recursive: true, force: true });
    }
  },
});
