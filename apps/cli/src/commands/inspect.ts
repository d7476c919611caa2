import { existsSync } from "node:fs";
import { join } from "node:path";
import { measureSpeed } from "@espalier/backends";
import { EspalierError } from "@espalier/core";
import type { TextInput } from "@espalier/data";
import { SentenceTransformer } from "@espalier/encoder";
import { freeze, type PolicyGroup, parsePolicy, summarize } from "@espalier/freeze-policy";
import type { HeadConfig } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { count, defineCommand, magnitude, type Output, table } from "@espalier/terminal";
import { type PlannedModel, planStep, textFacts } from "@espalier/trainer";
import { previewOf, resultPreview } from "../inspect/preview.ts";
import { processOutput } from "../output.ts";
import { readTextChunks, textOption } from "../read-inputs.ts";
import { backendOptions, jsonOption, startEngine } from "../shared-options.ts";

export const inspect = defineCommand({
  name: "inspect",
  summary: "what a model consists of, and what a freeze policy would train",
  description:
    "Shows the parts of a model with their sizes, marks what trains under a freeze policy, and estimates memory and time of training. Nothing is trained; the speed of matrix products is measured for a moment.",
  positionals: [
    {
      name: "MODEL",
      description: "a model directory, a name on the Hugging Face Hub, or use-lite",
      required: true,
    },
  ],
  options: {
    policy: {
      kind: "text",
      placeholder: "POLICY",
      default: "none",
      description:
        "none, all, backbone, embeddings, head:TASK, only-head:TASK, layers-below:K, bitfit, layerwise-decay:F, or several joined by ' + '",
    },
    data: {
      kind: "text",
      placeholder: "FILE",
      description: "texts to estimate for; 1,000 texts of 32 tokens when left out",
    },
    text: {
      kind: "text",
      placeholder: "COLUMN",
      description: "column of the texts in FILE; first,second for pairs",
    },
    offline: { kind: "flag", description: "never download" },
    ...jsonOption,
    ...backendOptions,
  },
  examples: [
    "espalier inspect use-lite",
    "espalier inspect runs/reviews-1/model --policy layers-below:1",
  ],
  async run({ positionals: [name], options }) {
    const output = processOutput();
    await startEngine(options);
    const opened = await open(name as string, options.offline);
    const { encoder, paths, tasks } = opened;
    const policy = parsePolicy(options.policy, { place: "--policy", paths });
    const summary = summarize(policy, paths);
    const texts =
      options.data === undefined
        ? { texts: 1000, tokens: 32_000 }
        : textFacts(encoder, await textsOf(options.data, options.text));
    const plan = planStep(policy, opened.planned, texts);
    const flopsPerSecond = await measureSpeed(encoder.width);
    const preview = previewOf(plan, { ...texts, flopsPerSecond });
    const facts = {
      model: name,
      architecture: encoder.modelType,
      pooling: encoder.poolingModes,
      dimension: encoder.dimension,
      maxLengthTokens: encoder.maxLengthTokens,
      vocabulary: encoder.tokenizer.vocabSize,
      tasks,
      policy: { ...policy, ...summary },
      estimate: { ...plan.estimate, ...preview, activeRows: plan.activeRows },
    };
    if (options.json) output.result(JSON.stringify(facts, null, 2));
    else {
      show(output, encoder, facts);
      resultPreview(output, preview, plan);
    }
  },
});

async function textsOf(path: string, column: string | undefined): Promise<TextInput[]> {
  const texts: TextInput[] = [];
  for await (const chunk of readTextChunks(path, textOption(column))) texts.push(...chunk);
  if (texts.length === 0) throw new EspalierError("DATA_INVALID", `${path} has no texts`);
  return texts;
}

interface Opened {
  readonly encoder: SentenceTransformer;
  readonly paths: Parameters<typeof summarize>[1];
  readonly tasks: Readonly<Record<string, HeadConfig>>;
  readonly planned: PlannedModel;
}

async function open(name: string, offline: boolean): Promise<Opened> {
  const options = offline ? { offline: true } : {};
  if (!existsSync(join(name, "heads"))) {
    const encoder = await SentenceTransformer.load(name, options);
    const paths = encoder.parameters
      .entries()
      .map(({ path, variable }) => ({ ...path, size: variable.size }));
    const parameters = () => paths.map((path) => ({ path }));
    return { encoder, paths, tasks: {}, planned: { encoder, parameters } };
  }
  const model = await MultiTaskModel.load(name, options);
  const tasks = Object.fromEntries(
    Object.entries(model.tasks).map(([task, { config }]) => [task, config]),
  );
  const paths = model.parameters().map(({ path }) => path);
  return { encoder: model.encoder, paths, tasks, planned: model };
}

function show(
  output: Output,
  encoder: SentenceTransformer,
  facts: {
    readonly tasks: Opened["tasks"];
    readonly policy: ReturnType<typeof summarize>;
  },
): void {
  const { style } = output;
  const { policy } = facts;
  output.result(
    `  ${style.bold(encoder.name)} · ${encoder.modelType} · pooling ${encoder.poolingModes.join(" + ")} · vectors of ${encoder.dimension} · at most ${encoder.maxLengthTokens} tokens · vocabulary ${count(encoder.tokenizer.vocabSize)}`,
  );
  for (const [task, config] of Object.entries(facts.tasks)) {
    const answers = "labels" in config ? config.labels.join(", ") : "a number";
    output.result(`  task ${style.bold(task)} (${config.kind}): ${answers}`);
  }
  output.result("");
  const lines = table(
    [
      { title: "part", align: "left" },
      { title: "parameters", align: "right" },
      { title: "trains", align: "right" },
      { title: "learning rate", align: "right" },
    ],
    policy.groups.map((group) => [
      `${group.trainableSize > 0 ? style.good(style.unicode ? "●" : "*") : style.dim(style.unicode ? "○" : "-")} ${partName(group)}`,
      magnitude(group.size),
      group.trainableSize === group.size ? "all" : magnitude(group.trainableSize),
      group.trainableSize === 0
        ? ""
        : group.lrScales.map((scale) => `×${+scale.toPrecision(3)}`).join(" "),
    ]),
  );
  for (const line of lines) output.result(line);
  output.result(
    `\n  policy ${style.bold(policy.name)}: ${magnitude(policy.trainableSize)} of ${magnitude(policy.size)} parameters train`,
  );
  if (policy.name === freeze.none().name)
    output.result(style.dim("  try --policy backbone, --policy layers-below:1"));
}

function partName({ group, layer, task }: PolicyGroup): string {
  if (task !== undefined) return `head ${task}`;
  return layer === undefined ? group : `layer ${layer}`;
}
