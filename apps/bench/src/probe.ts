import { startBackend } from "@espalier/backends";
import { peakMemoryBytes } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { labelledBatch } from "./workloads/labelled-batch.ts";
import { createOwnStep } from "./workloads/own-step.ts";
import type { TrunkShape } from "./workloads/trunk-shape.ts";

/** What a process of its own is asked to do, to see its start or its memory from outside. */
export type ProbeTask =
  | { readonly do: "encode"; readonly source: string; readonly text: string }
  | {
      readonly do: "train";
      readonly directory: string;
      readonly shape: TrunkShape;
      readonly steps: number;
    };

export interface ProbeRequest {
  readonly backend: string;
  readonly threads: number;
  readonly task: ProbeTask;
}

export interface ProbeAnswer {
  /** Largest resident set, as the operating system counted it. */
  readonly peakBytes: number;
}

/** Does the task of a request in JSON and answers with a line of JSON on stdout. */
export async function probe(json: string): Promise<void> {
  const { backend, threads, task } = JSON.parse(json) as ProbeRequest;
  await startBackend(backend, { threads });
  if (task.do === "encode") {
    const model = await SentenceTransformer.load(task.source);
    await model.encode([task.text]);
  } else {
    const step = await createOwnStep(task.directory, labelledBatch(task.shape, 1));
    for (let i = 0; i < task.steps; i++) await step.run("full");
  }
  const answer: ProbeAnswer = { peakBytes: peakMemoryBytes() };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
