import { basename } from "node:path";
import { SentenceTransformer } from "@espalier/encoder";
import { createSgemm } from "../limit/sgemm.ts";
import { type Contender, secondsOf } from "../method/interleave.ts";
import { bestSetting, type OwnEncoder } from "../peers/best-setting.ts";
import { type EncodePeer, type EncodeSubject, settingTitle } from "../peers/encode-peer.ts";
import { openEncodePeers, USE_LITE } from "../peers/open-encode-peers.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import type { Skipped } from "../report/bench-report.ts";
import { encodeProducts } from "../workloads/encode-products.ts";
import { type EncodeWork, madeUpWork } from "../workloads/encode-work.ts";
import { ENCODE_SHAPE } from "../workloads/trunk-shape.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

/** Texts to vectors, tokenizer included: many short ones, few long ones, one at a time; or a user's own. */
export function encode(): Suite {
  return {
    name: "encode",
    summary: "texts to vectors: short, long, one at a time",
    async run(context) {
      const found: Findings[] = [];
      for (const subject of await subjects(context)) found.push(await timeModel(subject, context));
      return together(found);
    },
  };
}

type Source = Pick<EncodeSubject, "name" | "source">;

const BATCH_SIZE = 32;

async function subjects({ modelDirectory, models, texts }: SuiteContext): Promise<Source[]> {
  const model =
    modelDirectory === undefined
      ? { name: ENCODE_SHAPE.name, source: await models.directoryOf(ENCODE_SHAPE) }
      : { name: basename(modelDirectory), source: modelDirectory };
  return texts === undefined ? [{ name: USE_LITE, source: USE_LITE }, model] : [model];
}

async function timeModel({ name, source }: Source, context: SuiteContext): Promise<Findings> {
  const model = await SentenceTransformer.load(source);
  try {
    const { peers, skipped } = await openEncodePeers({ name, source, model }, context);
    try {
      const found: Findings[] = [{ measurements: [], skipped }];
      for (const work of context.texts === undefined ? madeUpWork(context.quick) : [context.texts])
        found.push(await timeTexts({ name, model, peers }, work, context));
      return together(found);
    } finally {
      for (const peer of peers) peer.close();
    }
  } finally {
    model.dispose();
  }
}

interface Contest {
  readonly name: string;
  readonly model: SentenceTransformer;
  readonly peers: readonly EncodePeer[];
}

async function timeTexts(
  { name, model, peers }: Contest,
  encodeWork: EncodeWork,
  context: SuiteContext,
): Promise<Findings> {
  const work = `${name} ${encodeWork.name}`;
  const { texts, oneAtATime } = encodeWork;
  const lengths = texts.map((text) => model.tokenize(text).ids.length);
  const products = encodeProducts(model, lengths, oneAtATime ? 1 : BATCH_SIZE);
  const own = ownEncoder(model, context);
  const rivals: Contender[] = [];
  const skipped: Skipped[] = [];
  for (const peer of peers) {
    const contender = peer.name;
    context.progress(`${work}  comparing with ${contender}`);
    const found = await orSkipped({ contender, work }, context.signal, async () => {
      const setting = await bestSetting(peer, encodeWork, own);
      return {
        name: oneAtATime ? contender : `${contender} (${settingTitle(setting)})`,
        round: async () => (await peer.encode(encodeWork, setting)).seconds,
      };
    });
    rivals.push(...found.opened);
    skipped.push(...found.skipped);
  }
  const sgemm = await createSgemm(products.dense, context.threads);
  try {
    return await timeWork(
      {
        work,
        quantity: "seconds",
        contenders: [{ name: "espalier", round: () => own.seconds(encodeWork) }, ...rivals],
        skipped,
        items: { count: texts.length, unit: "sentences" },
        limit: { sgemm, flops: products.flops },
      },
      context,
    );
  } finally {
    await sgemm.release();
  }
}

function ownEncoder(model: SentenceTransformer, { signal }: SuiteContext): OwnEncoder {
  model.prepareToEncode(); // as sessions of ONNX Runtime do when they load
  return {
    async vectors(texts) {
      const { data, dimension } = await model.encode(texts, { signal });
      return texts.map((_, row) => data.subarray(row * dimension, (row + 1) * dimension));
    },
    seconds: ({ texts, oneAtATime }) =>
      secondsOf(async () => {
        if (oneAtATime) for (const text of texts) await model.encode([text], { signal });
        else await model.encode(texts, { batchSize: BATCH_SIZE, signal });
      }),
  };
}
