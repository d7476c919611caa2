import { EspalierError } from "@espalier/core";
import { inferColumns, readTable, toDataset } from "@espalier/data";
import { MultiTaskModel } from "@espalier/model";
import { count, defineCommand, table } from "@espalier/terminal";
import { evaluate as evaluateModel } from "@espalier/trainer";
import { interruptible } from "../interrupt.ts";
import { processOutput } from "../output.ts";
import { textOption } from "../read-inputs.ts";
import { backendOptions, jsonOption, startEngine } from "../shared-options.ts";

export const evaluate = defineCommand({
  name: "evaluate",
  summary: "accuracy, macro F1 and loss of a model on labelled rows",
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
        tasks.map((task) => {
          const { config } = model.tasks[task] as { config: { labels?: readonly string[] } };
          return [task, { kind: "classification" as const, classes: config.labels ?? [] }];
        }),
      );
      const plan = inferColumns(data, { ...textOption(options.text), labels });
      const report = await evaluateModel(model, toDataset(data, plan), { signal });
      if (options.json) output.result(JSON.stringify(report, null, 2));
      else
        for (const line of table(
          [
            { title: "", align: "left" },
            ...["accuracy", "macro F1", "loss", "rows"].map(
              (title) => ({ title, align: "right" }) as const,
            ),
          ],
          Object.entries(report.tasks).map(([task, { metrics, loss, labelled }]) => [
            output.style.bold(task),
            (metrics.accuracy ?? 0).toFixed(3),
            (metrics.macroF1 ?? 0).toFixed(3),
            loss.toFixed(3),
            count(labelled),
          ]),
        ))
          output.result(line);
    } finally {
      release();
      model.dispose();
    }
  },
});
