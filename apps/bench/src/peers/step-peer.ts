import type { LabelledBatch } from "../workloads/labelled-batch.ts";
import { LEARNING_RATE, type StepOutcome, type StepPart } from "../workloads/own-step.ts";
import type { PeerProcess } from "./peer-process.ts";

/** A PyTorch model with its optimizer, and one batch to train it on. */
export interface StepPeer {
  /** Runs the part and returns its seconds. Only `full` changes the weights. */
  step(part: StepPart): Promise<number>;
  /** Loss and gradient norm. */
  check(): Promise<StepOutcome>;
  /** Sets the rate of every dropout, which is 0 at first. */
  setDropout(rate: number): Promise<void>;
  /** Frees the model. */
  forget(): Promise<void>;
}

/** One that takes part. */
export interface NamedStepPeer {
  readonly name: string;
  readonly peer: StepPeer;
}

export interface StepPeerOptions {
  /** Of the model within the process. */
  readonly name: string;
  /** As `writeModel` made it. */
  readonly directory: string;
  readonly data: LabelledBatch;
  /** True runs the model under `torch.compile`. */
  readonly compile: boolean;
}

/** Loads a model in PyTorch: scaled-dot-product attention, fused AdamW. */
export async function loadStepPeer(
  python: PeerProcess,
  { name, directory, data, compile }: StepPeerOptions,
): Promise<StepPeer> {
  await python.request("load", {
    name,
    directory,
    learningRate: LEARNING_RATE,
    compile,
  });
  const batch = {
    name,
    ids: data.ids.map((ids) => [...ids]),
    mask: data.ids.map((ids) => Array.from(ids, () => 1)),
    labels: Object.fromEntries(
      Object.entries(data.labels).map(([task, labels]) => [task, [...labels]]),
    ),
  };
  return {
    step: async (part) =>
      (await python.request<{ seconds: number }>("step", { part, ...batch })).seconds,
    check: () => python.request("step", { part: "backward", norm: true, ...batch }),
    setDropout: async (rate) => void (await python.request("dropout", { name, rate })),
    forget: async () => {
      if (python.running) await python.request("forget", { name });
    },
  };
}
