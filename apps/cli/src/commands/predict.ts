import type { TextInput } from "@espalier/data";
import type { AnyHead, PredictionOf } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { bar, defineCommand, type Output } from "@espalier/terminal";
import { interruptible } from "../interrupt.ts";
import { processOutput } from "../output.ts";
import { readTextChunks, textOption } from "../read-inputs.ts";
import { backendOptions, startEngine } from "../shared-options.ts";

export const predict = defineCommand({
  name: "predict",
  summary: "labels with probabilities, and numbers, for texts",
  description:
    "Reads texts (a line each, or the text column of a CSV, TSV, JSON or JSONL file) and says what every task's head makes of them: JSONL in a pipe, bars on a terminal.",
  positionals: [
    { name: "MODEL", description: "a directory that `train` wrote", required: true },
    { name: "FILE", description: "texts; standard input when left out or -", required: false },
  ],
  options: {
    text: { kind: "text", placeholder: "COLUMN", description: "the column with the text" },
    json: { kind: "flag", description: "JSONL even on a terminal" },
    ...backendOptions,
  },
  examples: [
    'echo "The pasta was superb" | espalier predict runs/reviews-1/model',
    "espalier predict runs/reviews-1/model new.csv --text review > predictions.jsonl",
  ],
  async run({ positionals: [directory, file], options }) {
    const output = processOutput();
    await startEngine(options);
    const model = await MultiTaskModel.load(directory as string);
    const { signal, release } = interruptible(output);
    const pretty = output.resultsOnTerminal && !options.json;
    try {
      for await (const texts of readTextChunks(file, textOption(options.text))) {
        const predictions = await model.predict(texts, { signal });
        for (const [i, text] of texts.entries()) {
          const tasks = predictions[i] as Record<string, PredictionOf<AnyHead>>;
          if (pretty) resultBars(output, text, tasks);
          else output.result(JSON.stringify({ text, ...tasks }));
        }
      }
    } finally {
      release();
      model.dispose();
    }
  },
});

/** One text with a bar a class, or a number. */
export function resultBars(
  output: Output,
  text: TextInput,
  tasks: Readonly<Record<string, PredictionOf<AnyHead>>>,
): void {
  const { style } = output;
  output.result(`\n  ${style.bold(typeof text === "string" ? text : text.join(" | "))}`);
  for (const [task, prediction] of Object.entries(tasks)) {
    const lines =
      "value" in prediction
        ? [style.accent(String(Number(prediction.value.toPrecision(4))))]
        : scoreLines(output, prediction);
    for (const [i, line] of lines.entries())
      output.result(`  ${(i === 0 ? task : "").padEnd(12)} ${line}`);
  }
}

/** Lines a task, more only where more labels apply. */
const LINES = 5;

/** The labels with the highest scores, those that apply in colour. */
function scoreLines(
  { style }: Output,
  prediction: Exclude<PredictionOf<AnyHead>, { readonly value: number }>,
): string[] {
  const applies = "label" in prediction ? [prediction.label] : prediction.labels;
  const ranked = Object.entries(prediction.scores).sort(([, a], [, b]) => b - a);
  const width = Math.max(...ranked.map(([name]) => name.length));
  return ranked.slice(0, Math.max(LINES, applies.length)).map(([name, score]) => {
    const label = name.padEnd(width);
    const percent = (100 * score).toFixed(1).padStart(5);
    return `${applies.includes(name) ? style.accent(label) : label}  ${bar(score, 20, style)} ${percent} %`;
  });
}
