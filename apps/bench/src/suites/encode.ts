import { join } from "node:path";
import { SentenceTransformer } from "@espalier/encoder";
import { interleave, secondsOf } from "../method/interleave.ts";
import { vectorDisagreement } from "../peers/agreement.ts";
import type { PythonPeer } from "../peers/python-peer.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { measurement } from "../report/measurement.ts";
import { sentences } from "../workloads/sentences.ts";
import { ENCODE_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

/** Texts to vectors, tokenizer included: many short ones, few long ones, one at a time. */
export function encode(): Suite {
  return {
    name: "encode",
    summary: "texts to vectors: short, long, one at a time",
    async run(context) {
      const subjects = [
        { name: "use-lite", source: "use-lite", peer: false },
        context.modelDirectory === undefined
          ? { name: ENCODE_SHAPE.name, source: await randomModel(context), peer: true }
          : { name: context.modelDirectory, source: context.modelDirectory, peer: true },
      ];
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      for (const subject of subjects) {
        const found = await timeModel(subject, context);
        measurements.push(...found.measurements);
        skipped.push(...found.skipped);
      }
      return { measurements, skipped };
    },
  };
}

interface Subject {
  readonly name: string;
  /** Model directory or `use-lite`. */
  readonly source: string;
  /** False where sentence-transformers has no such model. */
  readonly peer: boolean;
}

interface Workload {
  readonly name: string;
  readonly texts: readonly string[];
  readonly oneAtATime: boolean;
}

const BATCH_SIZE = 32;
const PEER = "sentence-transformers";

function workloads(quick: boolean): Workload[] {
  const scale = quick ? 1 : 4;
  return [
    {
      name: "short",
      texts: sentences({ count: 64 * scale, words: [4, 24], seed: 1 }),
      oneAtATime: false,
    },
    {
      name: "long",
      texts: sentences({ count: 8 * scale, words: [60, 120], seed: 2 }),
      oneAtATime: false,
    },
    {
      name: "single",
      texts: sentences({ count: 8 * scale, words: [4, 24], seed: 3 }),
      oneAtATime: true,
    },
  ];
}

async function randomModel(context: SuiteContext): Promise<string> {
  context.progress(`encode  ${ENCODE_SHAPE.name}  writing the model`);
  const directory = join(context.temporaryDirectory, ENCODE_SHAPE.name);
  await writeModel(directory, ENCODE_SHAPE);
  return directory;
}

async function timeModel(
  subject: Subject,
  context: SuiteContext,
): Promise<{ measurements: Measurement[]; skipped: Skipped[] }> {
  context.progress(`encode  ${subject.name}  loading`);
  const model = await SentenceTransformer.load(subject.source);
  const measurements: Measurement[] = [];
  const skipped: Skipped[] = [];
  try {
    const python = subject.peer ? await loadPeer(subject, context, skipped) : undefined;
    for (const workload of workloads(context.quick)) {
      const work = `${subject.name} ${workload.name}`;
      const own = (): Promise<unknown> => encodeOwn(model, workload, context.signal);
      const reason = python && (await differs(python, model, { subject, workload }));
      if (reason !== undefined) skipped.push({ contender: PEER, work, reason });
      const { timings, failures } = await interleave(
        [
          { name: "espalier", round: () => secondsOf(own) },
          ...(python === undefined || reason !== undefined
            ? []
            : [
                {
                  name: PEER,
                  round: async () => (await encodePeer(python, subject, workload)).seconds,
                },
              ]),
        ],
        {
          rounds: context.rounds,
          warmup: 2,
          pauseMs: context.pauseMs,
          signal: context.signal,
          onRound: (done, total) =>
            context.progress(`encode  ${work}  round ${done + 1} of ${total}`),
        },
      );
      for (const [contender, why] of failures) skipped.push({ contender, work, reason: why });
      measurements.push(
        measurement({
          work,
          quantity: "seconds",
          values: timings,
          items: { count: workload.texts.length, unit: "sentences" },
        }),
      );
    }
    return { measurements, skipped };
  } finally {
    model.dispose();
  }
}

async function encodeOwn(
  model: SentenceTransformer,
  { texts, oneAtATime }: Workload,
  signal: AbortSignal,
): Promise<void> {
  if (oneAtATime) for (const text of texts) await model.encode([text], { signal });
  else await model.encode(texts, { batchSize: BATCH_SIZE, signal });
}

async function loadPeer(
  subject: Subject,
  context: SuiteContext,
  skipped: Skipped[],
): Promise<PythonPeer | undefined> {
  try {
    const python = await context.python();
    await python.request("sentence_transformer", {
      name: subject.name,
      directory: subject.source,
    });
    return python;
  } catch (error) {
    if (context.signal.aborted) throw error;
    skipped.push({ contender: PEER, work: subject.name, reason: (error as Error).message });
    return undefined;
  }
}

interface EncodeAnswer {
  readonly seconds: number;
  /** First values of the first vectors. */
  readonly sample: readonly (readonly number[])[];
}

function encodePeer(
  python: PythonPeer,
  subject: Subject,
  { texts, oneAtATime }: Workload,
): Promise<EncodeAnswer> {
  return python.request(oneAtATime ? "encode_each" : "encode", {
    name: subject.name,
    texts,
    batchSize: BATCH_SIZE,
  });
}

async function differs(
  python: PythonPeer,
  model: SentenceTransformer,
  { subject, workload }: { subject: Subject; workload: Workload },
): Promise<string | undefined> {
  try {
    const { sample } = await encodePeer(python, subject, workload);
    const { data, dimension } = await model.encode(workload.texts.slice(0, sample.length));
    const own = sample.map(({ length }, row) => [
      ...data.subarray(row * dimension, row * dimension + length),
    ]);
    return vectorDisagreement(own, sample);
  } catch (error) {
    return (error as Error).message;
  }
}
