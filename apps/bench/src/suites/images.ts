import { join } from "node:path";
import { type Contender, secondsOf } from "../method/interleave.ts";
import { expectAgreement } from "../peers/agreement.ts";
import { orSkipped } from "../peers/or-skipped.ts";
import { torchContenders } from "../peers/torch-contenders.ts";
import type { Skipped } from "../report/bench-report.ts";
import { IMAGE_NETWORKS, type ImageNetwork } from "../workloads/image-network.ts";
import {
  createOwnImages,
  IMAGE_LEARNING_RATE,
  labelsOf,
  type OwnImages,
} from "../workloads/own-images.ts";
import type { StepOutcome, StepPart } from "../workloads/own-step.ts";
import { writeImageNetwork } from "../workloads/write-image-network.ts";
import { type Findings, together } from "./findings.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { timeWork } from "./time-work.ts";

/** The backend under a program of TensorFlow.js that has nothing to do with text: convolutional networks. */
export function images(): Suite {
  return {
    name: "images",
    summary: "training steps of convolutional networks, as TensorFlow.js programs",
    async run(context) {
      const found: Findings[] = [];
      const networks = context.quick ? IMAGE_NETWORKS.slice(0, 1) : IMAGE_NETWORKS;
      for (const network of networks) found.push(await timeNetwork(network, context));
      return together(found);
    },
  };
}

/** Runs until graphs are compiled for good and keep their memory; the peers need none. */
const OWN_WARMUP = 24;

const PARTS: Readonly<Record<StepPart, string>> = {
  forward: "forward",
  backward: "forward + backward",
  full: "full Adam step",
};

/** Runs a part on a peer, and gives its seconds. */
type PeerRound = (part: StepPart) => Promise<number>;

interface NamedPeer {
  readonly name: string;
  readonly round: PeerRound;
}

async function timeNetwork(network: ImageNetwork, context: SuiteContext): Promise<Findings> {
  context.progress(`${network.name}  preparing`);
  const path = join(context.temporaryDirectory, "image-network.safetensors");
  await writeImageNetwork(path, network);
  const own = await createOwnImages(path, network);
  try {
    const outcome = await own.check();
    const { peers, skipped } = await openPeers({ network, path, outcome }, context);
    const found = await timeParts({ network, own, peers }, context);
    return together([{ measurements: [], skipped }, found]);
  } finally {
    own.dispose();
  }
}

async function timeParts(
  { network, own, peers }: { network: ImageNetwork; own: OwnImages; peers: readonly NamedPeer[] },
  context: SuiteContext,
): Promise<Findings> {
  const found: Findings[] = [];
  for (const part of context.quick
    ? (["full"] as const)
    : (["forward", "backward", "full"] as const)) {
    const contenders: Contender[] = [
      { name: "espalier", round: () => secondsOf(() => own.run(part)) },
      ...peers.map(({ name, round }) => ({ name, round: () => round(part) })),
    ];
    const work = `${network.name}, ${PARTS[part]}`;
    const items = { count: network.batch, unit: "images" };
    context.progress(`${work}  warming up`);
    for (let i = 0; i < OWN_WARMUP; i++) await own.run(part);
    found.push(await timeWork({ work, quantity: "seconds", contenders, items }, context));
  }
  return together(found);
}

/** Those that compute the same loss and gradients. */
async function openPeers(
  work: { network: ImageNetwork; path: string; outcome: StepOutcome },
  context: SuiteContext,
): Promise<{ peers: NamedPeer[]; skipped: Skipped[] }> {
  const peers: NamedPeer[] = [];
  const skipped: Skipped[] = [];
  for (const { contender, compile } of torchContenders(context)) {
    const part = { contender, work: work.network.name };
    const found = await orSkipped(part, context.signal, async () => ({
      name: contender,
      round: await agreeingPeer({ ...work, compile }, context),
    }));
    peers.push(...found.opened);
    skipped.push(...found.skipped);
  }
  return { peers, skipped };
}

async function agreeingPeer(
  work: { network: ImageNetwork; path: string; outcome: StepOutcome; compile: boolean },
  context: SuiteContext,
): Promise<PeerRound> {
  const { network, path, outcome, compile } = work;
  const python = await context.python();
  const name = compile ? "images compiled" : "images";
  const learningRate = IMAGE_LEARNING_RATE;
  const labels = labelsOf(network);
  await python.request("images_load", { name, network, path, labels, learningRate, compile });
  const step = (part: StepPart, norm: boolean): Promise<StepOutcome & { seconds: number }> =>
    python.request("images_step", { name, part, norm });
  const { loss, gradientNorm } = await step("backward", true);
  expectAgreement({ ...outcome }, { loss, gradientNorm });
  return async (part) => (await step(part, false)).seconds;
}
