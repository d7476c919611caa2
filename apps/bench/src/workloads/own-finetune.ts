import { SentenceTransformer } from "@espalier/encoder";
import { type FreezePolicy, freeze } from "@espalier/freeze-policy";
import { classification } from "@espalier/heads";
import { MultiTaskModel, type Tasks } from "@espalier/model";
import { type EvaluationReport, evaluate, train } from "@espalier/trainer";
import { secondsOf } from "../method/interleave.ts";
import { type FinetuneData, LABELS } from "./finetune-data.ts";

/** What trains, for how long and how fast. */
export interface FinetuneJob {
  readonly name: string;
  readonly frozen: "backbone" | "embeddings" | "nothing";
  readonly epochs: number;
  readonly learningRate: number;
}

export interface FinetuneOutcome {
  /** From texts to a trained model; loading and the evaluation are outside. */
  readonly seconds: number;
  /** Accuracy on the held-out rows, by task. */
  readonly scores: Readonly<Record<string, number>>;
}

export const BATCH_SIZE = 32;
export const SEED = 1;
/** In front of the heads. */
export const HEAD_DROPOUT = 0.1;

const POLICIES: Record<FinetuneJob["frozen"], () => FreezePolicy> = {
  backbone: freeze.backbone,
  embeddings: freeze.embeddings,
  nothing: freeze.none,
};

/** Writes the model that every contender starts from: the trunk, and heads with random weights. */
export async function writeStart(trunk: string, directory: string): Promise<void> {
  const options = { dropout: HEAD_DROPOUT };
  const model = new MultiTaskModel(
    await SentenceTransformer.load(trunk),
    {
      domain: classification(LABELS.domain, options),
      sentiment: classification(LABELS.sentiment, options),
    },
    { seed: SEED },
  );
  try {
    await model.save(directory, { overwrite: true });
  } finally {
    model.dispose();
  }
}

/** Loss on the held-out rows before training. @param start as `writeStart` made it */
export async function lossBefore(start: string, { heldOut }: FinetuneData): Promise<number> {
  return withModel(start, async (model) => (await evaluate(model, heldOut)).loss);
}

/**
 * One whole job with everything at its default but what the job says.
 * @throws {EspalierError} ABORTED; what `train` throws
 */
export async function ownFinetune(
  start: string,
  { job, data, signal }: { job: FinetuneJob; data: FinetuneData; signal: AbortSignal },
): Promise<FinetuneOutcome> {
  return withModel(start, async (model) => {
    const seconds = await secondsOf(() =>
      train(model, {
        train: data.train,
        freeze: POLICIES[job.frozen](),
        epochs: job.epochs,
        learningRate: job.learningRate,
        warmup: 0,
        batchSize: BATCH_SIZE,
        seed: SEED,
        signal,
      }),
    );
    return { seconds, scores: accuracies(await evaluate(model, data.heldOut)) };
  });
}

function accuracies({ tasks }: EvaluationReport): Record<string, number> {
  return Object.fromEntries(
    Object.entries(tasks).map(([task, { metrics }]) => [task, metrics.accuracy as number]),
  );
}

async function withModel<Result>(
  start: string,
  work: (model: MultiTaskModel<Tasks>) => Promise<Result>,
): Promise<Result> {
  const model = await MultiTaskModel.load(start);
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
