import { EspalierError } from "@espalier/core";
import { inferColumns, readTable, toDataset } from "@espalier/data";
import { type AnyHead, labelHint } from "@espalier/heads";
import { MultiTaskModel } from "@espalier/model";
import { count, defineCommand, type Output, table } from "@espalier/terminal";
import { type EvaluationReport, evaluate as evaluateModel } from "@espalier/trainer";
import { interruptible } from "../interrupt.ts";
import { byKind, KIND_MEASURES, measure } from "../measures.ts";
import { processOutput } from "../output.ts";
import { textOption } from "../read-inputs.ts";
import { backendOptions, jsonOption, startEngine } from "../shared-options.ts";

export const evaluate = defineCommand({
  name: "evaluate",
  summary: "how good a model is on labelled rows: accuracy, F1, R², loss",
  description:
    "Reads rows with text and labels, in columns named as the model's tasks, and measures every task.",
  positionals: [
    { name: "MODEL", description: "a directory that `train` wrote", required: true },
    { name: "DATA", description: "a CSV, TSV, JSON or JSONL file", required: true },
  ],
  options: {
    text: { kind: "text", placeholder: "COLUMN", description: "the column with the text" },
    ...jsonOption,
    ...backendOptions,
  },
  examples: ["espalier evaluate runs/reviews-1/model held-out.csv"],
  async run({ positionals: [directory, file], options }) {
    const output = processOutput();
    await startEngine(options);
    const model = await MultiTaskModel.load(directory as string);
    const { signal, release } = interruptible(output);
    try {
      const data = await readTable(file as string);
      const tasks = Object.keys(model.tasks).filter((task) => data.columns.includes(task));
      if (tasks.length === 0)
        throw new EspalierError(
          "DATA_INVALID",
          `${file}: has the columns ${data.columns.join(", ")}, but none of the model's tasks ${Object.keys(model.tasks).join(", ")}`,
        );
      const labels = Object.fromEntries(
        tasks.map((task) => [task, labelHint((model.tasks[task] as AnyHead).config)]),
      );
      const plan = inferColumns(data, { ...textOption(options.text), labels });
      const report = await evaluateModel(model, toDataset(data, plan), { signal });
      if (options.json) output.result(JSON.stringify(report, null, 2));
      else resultReport(output, report, model.tasks);
    } finally {
      release();
      model.dispose();
    }
  },
});

function resultReport(
  output: Output,
  report: EvaluationReport,
  heads: Readonly<Record<string, AnyHead>>,
): void {
  const right = (title: string) => ({ title, align: "right" }) as const;
  for (const [kind, tasks] of byKind(report.tasks, (task) => (heads[task] as AnyHead).kind)) {
    const { measures } = KIND_MEASURES[kind];
    const titles = [...measures.map(([, title]) => title), "loss", "rows"];
    const lines = table(
      [{ title: "", align: "left" }, ...titles.map(right)],
      tasks.map(([task, { metrics, loss, labelled }]) => [
        output.style.bold(task),
        ...measures.map(([metric]) => measure(metrics[metric])),
        loss.toFixed(3),
        count(labelled),
      ]),
    );
    for (const line of lines) output.result(line);
  }
}
