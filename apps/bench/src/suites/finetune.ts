import { join } from "node:path";
import type { Contender } from "../method/interleave.ts";
import { expectAgreement } from "../peers/agreement.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import { type FinetuneData, finetuneData, indexed, wordsOf } from "../workloads/finetune-data.ts";
import {
  BATCH_SIZE,
  type FinetuneJob,
  type FinetuneOutcome,
  HEAD_DROPOUT,
  lossBefore,
  ownFinetune,
  SEED,
  writeStart,
} from "../workloads/own-finetune.ts";
import { DISTILBERT, DISTILBERT_BYTES, SMALL_SHAPE } from "../workloads/trunk-shape.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

const JOBS: readonly FinetuneJob[] = [
  { name: "backbone frozen", frozen: "backbone", epochs: 10, learningRate: 1e-3 },
  { name: "embeddings frozen", frozen: "embeddings", epochs: 3, learningRate: 5e-5 },
  { name: "nothing frozen", frozen: "nothing", epochs: 3, learningRate: 5e-5 },
];

/** Rows of whole jobs, which take minutes, so that all of them fit into the time of a run. */
const SENTENCES = { full: 120, quick: 40 };
const DROPOUT = 0.1; // of the published models

/** Whole fine-tuning jobs of a two-task model on real sentences, against transformers' Trainer. */
export function finetune(): Suite {
  return {
    name: "finetune",
    summary: "whole fine-tuning jobs: backbone, embeddings, nothing frozen",
    needsBytes: DISTILBERT_BYTES,
    async run(context) {
      const { quick, sentences = quick ? SENTENCES.quick : SENTENCES.full } = context;
      const data = await finetuneData(sentences);
      context.progress("writing the model");
      const subject = { start: await startModel(data, context), data };
      context.progress("comparing results");
      const part = { contender: "Trainer", work: "fine-tuning" };
      const { opened, skipped } = await orSkipped(part, context.signal, () =>
        agreeingPeers(subject, context),
      );
      const found: Findings[] = [{ measurements: [], skipped }];
      const peers = opened.flat();
      for (const job of JOBS) found.push(await timeJob(job, { ...subject, peers }, context));
      return together(found);
    },
  };
}

interface Subject {
  /** Directory that every contender starts from. */
  readonly start: string;
  readonly data: FinetuneData;
}

interface TrainerPeer {
  readonly name: string;
  train(job: FinetuneJob): Promise<FinetuneOutcome>;
}

async function startModel(data: FinetuneData, context: SuiteContext): Promise<string> {
  const trunk =
    context.modelDirectory ??
    (await context.models.directoryOf(context.quick ? SMALL_SHAPE : DISTILBERT, {
      dropout: DROPOUT,
      words: wordsOf(data),
    }));
  const start = join(context.temporaryDirectory, "finetune-start");
  await writeStart(trunk, start);
  return start;
}

/** The Trainer as it comes, and with batches of like length, when its loss before training is ours. */
async function agreeingPeers(
  { start, data }: Subject,
  context: SuiteContext,
): Promise<TrainerPeer[]> {
  const loss = await lossBefore(start, data);
  const python = await context.python();
  const common = { directory: start, heldOut: indexed(data.heldOut), dropout: HEAD_DROPOUT };
  expectAgreement({ loss }, await python.request<{ loss: number }>("finetune_check", common));
  const train = indexed(data.train);
  const peer = (name: string, grouped: boolean): TrainerPeer => ({
    name,
    train: async ({ frozen, epochs, learningRate }) =>
      (await context.python()).request("finetune", {
        ...{ ...common, train, frozen, epochs, learningRate, grouped },
        batchSize: BATCH_SIZE,
        seed: SEED,
      }),
  });
  return [peer("Trainer", false), peer("Trainer, by length", true)];
}

/** One round without a warm-up: jobs take minutes, and starting is a part of them. */
async function timeJob(
  job: FinetuneJob,
  { start, data, peers }: Subject & { peers: readonly TrainerPeer[] },
  context: SuiteContext,
): Promise<Findings> {
  const { signal } = context;
  const count = data.train.examples.length;
  const scores = new Map<string, FinetuneOutcome["scores"]>();
  const contender = (name: string, run: () => Promise<FinetuneOutcome>): Contender => ({
    name,
    async round() {
      const outcome = await run();
      scores.set(name, outcome.scores);
      return outcome.seconds;
    },
  });
  return timeWork(
    {
      work: `${job.name}, ${job.epochs} × ${count} sentences`,
      quantity: "seconds",
      contenders: [
        contender("espalier", () => ownFinetune(start, { job, data, signal })),
        ...peers.map(({ name, train }) => contender(name, () => train(job))),
      ],
      rounds: 1,
      warmup: 0,
      items: { count: count * job.epochs, unit: "sentences" },
      scores,
    },
    context,
  );
}
