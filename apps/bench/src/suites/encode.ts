import { join } from "node:path";
import { SentenceTransformer } from "@espalier/encoder";
import { createSgemm, SGEMM, sgemmContender } from "../limit/sgemm.ts";
import { interleave, secondsOf } from "../method/interleave.ts";
import { vectorDisagreement } from "../peers/agreement.ts";
import { type EncodePeer, type EncodeSetting, settingTitle } from "../peers/encode-peer.ts";
import { openEncodePeers } from "../peers/open-encode-peers.ts";
import type { Measurement, Skipped } from "../report/bench-report.ts";
import { limitOf, measurement } from "../report/measurement.ts";
import { encodeProducts } from "../workloads/encode-products.ts";
import { type EncodeWork, madeUpWork, someOf } from "../workloads/encode-work.ts";
import { ENCODE_SHAPE } from "../workloads/trunk-shape.ts";
import { writeModel } from "../workloads/write-model.ts";
import type { Suite, SuiteContext } from "./suite.ts";

/** Texts to vectors, tokenizer included: many short ones, few long ones, one at a time; or a user's own. */
export function encode(): Suite {
  return {
    name: "encode",
    summary: "texts to vectors: short, long, one at a time",
    async run(context) {
      const measurements: Measurement[] = [];
      const skipped: Skipped[] = [];
      for (const subject of await subjects(context)) {
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
}

interface Found {
  readonly measurements: readonly Measurement[];
  readonly skipped: readonly Skipped[];
}

const BATCH_SIZE = 32;
const WARMUP_ROUNDS = 2;
/** Texts on which a peer's best setting is looked for. */
const TRIAL_TEXTS = 256;
const USE_LITE: Subject = { name: "use-lite", source: "use-lite" };

async function subjects(context: SuiteContext): Promise<Subject[]> {
  const { modelDirectory, texts } = context;
  const model =
    modelDirectory === undefined
      ? { name: ENCODE_SHAPE.name, source: await randomModel(context) }
      : { name: modelDirectory.split("/").at(-1) || modelDirectory, source: modelDirectory };
  return texts === undefined ? [USE_LITE, model] : [model];
}

async function randomModel(context: SuiteContext): Promise<string> {
  context.progress(`encode  ${ENCODE_SHAPE.name}  writing the model`);
  const directory = join(context.temporaryDirectory, ENCODE_SHAPE.name);
  await writeModel(directory, ENCODE_SHAPE);
  return directory;
}

async function timeModel({ name, source }: Subject, context: SuiteContext): Promise<Found> {
  context.progress(`encode  ${name}  loading`);
  const model = await SentenceTransformer.load(source);
  const work = context.texts === undefined ? madeUpWork(context.quick) : [context.texts];
  const { peers, skipped } =
    source === USE_LITE.source // no other program opens it
      ? { peers: [], skipped: [] }
      : await openEncodePeers({ name, directory: source, model }, context);
  const measurements: Measurement[] = [];
  try {
    for (const one of work) {
      const found = await timeWork({ name, model, peers }, one, context);
      measurements.push(found.measurement);
      skipped.push(...found.skipped);
    }
    return { measurements, skipped };
  } finally {
    for (const peer of peers) peer.close();
    model.dispose();
  }
}

async function timeWork(
  {
    name,
    model,
    peers,
  }: { name: string; model: SentenceTransformer; peers: readonly EncodePeer[] },
  encodeWork: EncodeWork,
  context: SuiteContext,
): Promise<{ measurement: Measurement; skipped: Skipped[] }> {
  const work = `${name} ${encodeWork.name}`;
  const { texts, oneAtATime } = encodeWork;
  const lengths = texts.map((text) => model.tokenize(text).ids.length);
  const products = encodeProducts(model, lengths, oneAtATime ? 1 : BATCH_SIZE);
  const sgemm = await createSgemm(products.dense, context.threads);
  const speeds: number[] = [];
  const skipped: Skipped[] = [];
  try {
    const rivals = [];
    for (const peer of peers) {
      context.progress(`encode  ${work}  comparing with ${peer.name}`);
      const outcome = await bestSetting(peer, encodeWork, model).catch((error: Error) => {
        if (context.signal.aborted) throw error;
        return error.message;
      });
      if (typeof outcome === "string")
        skipped.push({ contender: peer.name, work, reason: outcome });
      else rivals.push({ peer, setting: outcome });
    }
    const { timings, failures } = await interleave(
      [
        { name: "espalier", round: () => secondsOf(() => encodeOwn(model, encodeWork, context)) },
        ...rivals.map(({ peer, setting }) => ({
          name: oneAtATime ? peer.name : `${peer.name} (${settingTitle(setting)})`,
          round: async () => (await peer.encode(encodeWork, setting)).seconds,
        })),
        sgemmContender(sgemm, speeds),
      ],
      {
        rounds: context.rounds,
        warmup: WARMUP_ROUNDS,
        pauseMs: context.pauseMs,
        signal: context.signal,
        onRound: (done, total) =>
          context.progress(`encode  ${work}  round ${done + 1} of ${total}`),
      },
    );
    for (const [contender, reason] of failures) skipped.push({ contender, work, reason });
    return {
      measurement: measurement({
        work,
        quantity: "seconds",
        values: new Map([...timings].filter(([contender]) => contender !== SGEMM)),
        items: { count: texts.length, unit: "sentences" },
        limit: limitOf(products.flops, speeds.slice(WARMUP_ROUNDS)),
      }),
      skipped,
    };
  } finally {
    await sgemm.release();
  }
}

async function encodeOwn(
  model: SentenceTransformer,
  { texts, oneAtATime }: EncodeWork,
  { signal }: SuiteContext,
): Promise<void> {
  if (oneAtATime) for (const text of texts) await model.encode([text], { signal });
  else await model.encode(texts, { batchSize: BATCH_SIZE, signal });
}

/** The fastest setting of a peer on some of the texts, or what is wrong with its vectors. */
async function bestSetting(
  peer: EncodePeer,
  work: EncodeWork,
  model: SentenceTransformer,
): Promise<EncodeSetting | string> {
  const trial = { ...work, texts: someOf(work.texts, TRIAL_TEXTS) };
  const [first] = peer.settings as readonly [EncodeSetting];
  const { sample } = await peer.encode(trial, first);
  const { data, dimension } = await model.encode(trial.texts.slice(0, sample.length));
  const own = sample.map(({ length }, row) => [
    ...data.subarray(row * dimension, row * dimension + length),
  ]);
  const reason = vectorDisagreement(own, sample);
  if (reason !== undefined) return reason;
  if (work.oneAtATime) return first;
  let best = first;
  let least = Number.POSITIVE_INFINITY;
  for (const setting of peer.settings) {
    const { seconds } = await peer.encode(trial, setting);
    if (seconds < least) [best, least] = [setting, seconds];
  }
  return best;
}
