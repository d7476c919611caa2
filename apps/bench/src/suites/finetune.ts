import { join } from "node:path";
import { type Contender, interleave } from "../method/interleave.ts";
import { disagreement } from "../peers/agreement.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
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
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

const JOBS: readonly FinetuneJob[] = [
  { name: "backbone frozen", frozen: "backbone", epochs: 10, learningRate: 1e-3 },
  { name: "embeddings frozen", frozen: "embeddings", epochs: 3, learningRate: 5e-5 },
  { name: "nothing frozen", frozen: "nothing", epochs: 3, learningRate: 5e-5 },
];

/** Sentences and rounds of whole jobs, which take minutes: the first pair counts, nothing is a warm-up. */
const FULL = { sentences: 150, rounds: 1 };
const QUICK = { sentences: 120, rounds: 1 };
const DROPOUT = 0.1; // of the published models

/** Whole fine-tuning jobs of a two-task model on real sentences, against transformers' Trainer. */
export function finetune(): Suite {
  return {
    name: "finetune",
    summary: "whole fine-tuning jobs: backbone, embeddings, nothing frozen",
    needsBytes: DISTILBERT_BYTES,
    async run(context) {
      const size = context.quick ? QUICK : FULL;
      const data = await finetuneData(context.sentences ?? size.sentences);
      const start = await writeStartModel(data, context);
      const subject: Subject = { start, data, rounds: size.rounds };
      const measurements: Measurement[] = [];
      const { peers, skipped } = await agreeingPeers(subject, context);
      for (const job of JOBS) {
        const found = await timeJob(job, subject, { context, peers });
        measurements.push(found.measurement);
        skipped.push(...found.skipped);
      }
      return { measurements, skipped };
    },
  };
}

interface Subject {
  readonly start: string;
  readonly data: FinetuneData;
  readonly rounds: number;
}

interface TrainerPeer {
  readonly name: string;
  readonly grouped: boolean;
}

const PEERS: readonly TrainerPeer[] = [
  { name: "Trainer", grouped: false },
  { name: "Trainer, by length", grouped: true },
];

async function writeStartModel(data: FinetuneData, context: SuiteContext): Promise<string> {
  context.progress("finetune  writing the model");
  const trunk = context.modelDirectory ?? join(context.temporaryDirectory, "finetune-trunk");
  if (context.modelDirectory === undefined)
    await writeModel(trunk, context.quick ? SMALL_SHAPE : DISTILBERT, {
      dropout: DROPOUT,
      words: wordsOf(data),
    });
  const start = join(context.temporaryDirectory, "finetune-start");
  await writeStart(trunk, start);
  return start;
}

async function agreeingPeers(
  { start, data }: Subject,
  context: SuiteContext,
): Promise<{ peers: readonly TrainerPeer[]; skipped: Skipped[] }> {
  context.progress("finetune  comparing results");
  const loss = await lossBefore(start, data);
  const skip = (reason: string): { peers: []; skipped: Skipped[] } => ({
    peers: [],
    skipped: [{ contender: "Trainer", work: "fine-tuning", reason }],
  });
  try {
    const python = await context.python();
    const theirs = await python.request<{ loss: number }>("finetune_check", {
      directory: start,
      heldOut: indexed(data.heldOut),
      dropout: HEAD_DROPOUT,
    });
    const reason = disagreement({ loss }, theirs);
    return reason === undefined ? { peers: PEERS, skipped: [] } : skip(reason);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return skip((error as Error).message);
  }
}

async function timeJob(
  job: FinetuneJob,
  subject: Subject,
  { context, peers }: { context: SuiteContext; peers: readonly TrainerPeer[] },
): Promise<{ measurement: Measurement; skipped: Skipped[] }> {
  const { start, data, rounds } = subject;
  const { signal } = context;
  const count = data.train.examples.length;
  const work = `${job.name}, ${job.epochs} × ${count} sentences`;
  const scores = new Map<string, FinetuneOutcome["scores"]>();
  const contender = (name: string, run: () => Promise<FinetuneOutcome>): Contender => ({
    name,
    async round() {
      const outcome = await run();
      scores.set(name, outcome.scores);
      return outcome.seconds;
    },
  });
  const { timings, failures } = await interleave(
    [
      contender("espalier", () => ownFinetune(start, { job, data, signal })),
      ...peers.map(({ name, grouped }) =>
        contender(name, () => trainerJob(subject, { job, grouped, context })),
      ),
    ],
    {
      rounds,
      warmup: 0,
      pauseMs: context.pauseMs,
      signal,
      onRound: (done, total) =>
        context.progress(`finetune  ${work}  round ${done + 1} of ${total}`),
    },
  );
  return {
    measurement: measurement({
      work,
      quantity: "seconds",
      values: timings,
      items: { count: count * job.epochs, unit: "sentences" },
      scores,
    }),
    skipped: [...failures].map(([name, reason]) => ({ contender: name, work, reason })),
  };
}

async function trainerJob(
  { start, data }: Subject,
  { job, grouped, context }: { job: FinetuneJob; grouped: boolean; context: SuiteContext },
): Promise<FinetuneOutcome> {
  const { frozen, epochs, learningRate } = job;
  const python = await context.python();
  return python.request("finetune", {
    directory: start,
    train: indexed(data.train),
    heldOut: indexed(data.heldOut),
    ...{ frozen, epochs, learningRate, grouped },
    batchSize: BATCH_SIZE,
    seed: SEED,
    dropout: HEAD_DROPOUT,
  });
}
