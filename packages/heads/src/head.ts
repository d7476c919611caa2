import type { Rng } from "@espalier/core";
import type { BatchFeed, BatchSizes, RandomStream } from "@espalier/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { HeadConfig } from "./head-from-config.ts";
import type { TargetLayout, Targets } from "./targets.ts";

/**
 * A task head: what one task makes of a sentence vector. A plain value that holds no tensors; the model owns the
 * parameters and passes them in, so one head may serve several models.
 */
export interface Head<Prediction> {
  /** Its key in the table of kinds. */
  readonly kind: string;
  /** JSON that `headFromConfig` makes an equal head of. */
  readonly config: HeadConfig;
  /** Columns of the logits. */
  readonly outputSize: number;
  /** What its targets look like. */
  readonly target: TargetLayout;
  /** The measure of `metrics` that says best how good a model is; 1 is perfect, and higher is better. */
  readonly mainMetric: string;
  /** The measures of which a lower value is better. */
  readonly errorMetrics: readonly string[];

  /**
   * The names and shapes of the parameters.
   * @param inputSize D, the sentence vector's size
   */
  shapes(inputSize: number): Readonly<Record<string, readonly number[]>>;

  /**
   * First values of the parameters, in the order of `shapes`.
   * @param rng drawn from in forks named after the parameters, so equal streams give equal heads
   */
  init(inputSize: number, rng: Rng): Readonly<Record<string, HeadParameter>>;

  /**
   * @param vectors    float32 `[B, D]`
   * @param parameters tensors of `shapes(D)`
   * @returns          float32 `[B, outputSize]`, differentiable
   * @throws {EspalierError} SHAPE_MISMATCH when the shapes do not fit, CONFIG_INVALID when dropout needs a stream and
   *   there is none
   */
  logits(
    vectors: tf.Tensor2D,
    parameters: Readonly<Record<string, tf.Tensor>>,
    context: HeadContext,
  ): tf.Tensor2D;

  /**
   * Mean over the labelled rows; exactly 0, with a zero gradient, when there is none.
   * @param logits  float32 `[B, outputSize]`
   * @param targets `[B · target.size]` as `encodeLabel` gives them, or unlabelled; or those of each batch of a compiled function
   * @returns       float32 scalar, differentiable
   * @throws {EspalierError} SHAPE_MISMATCH when the lengths differ or a target is out of range
   */
  loss(logits: tf.Tensor2D, targets: Targets | TargetFeed): tf.Scalar;

  /**
   * The target of a label as it stands in the data: `target.size` values.
   * @param place where the label stands, for the message: `reviews.jsonl:7`, better with the task
   * @throws {EspalierError} NAME_UNKNOWN with the valid labels and the nearest one, or what is expected
   */
  encodeLabel(label: LabelValue, place: string | LabelPlace): number | readonly number[];

  /**
   * @param row float32 `[outputSize]`, one row of logits
   * @throws {EspalierError} SHAPE_MISMATCH for another length, NOT_FINITE when a value is NaN or infinite
   */
  decode(row: Float32Array): Prediction;

  /**
   * Quality over the labelled rows.
   * @param logits  float32 `[N · outputSize]`, row-major
   * @param targets `[N · target.size]`
   * @returns the kind's measures, NaN where one is undefined, and `support`, the number of labelled rows
   * @throws {EspalierError} SHAPE_MISMATCH when the lengths do not fit
   */
  metrics(logits: Float32Array, targets: Targets): Readonly<Record<string, number>>;
}

export interface HeadParameter {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

export interface HeadContext {
  /** True switches dropout on. */
  readonly training: boolean;
  /** The head's own random stream of this step; needed when training with dropout. */
  readonly rng?: RandomStream;
}

/** Where the targets of each batch come from. */
export type TargetFeed = BatchFeed<Targets, BatchSizes>;

/** What a label column may hold. */
export type LabelValue = string | number | readonly string[];

export interface LabelPlace {
  /** File and line, flag or recipe path. */
  readonly source: string;
  readonly task: string;
}

/** The typed prediction of a head. */
export type PredictionOf<H> = H extends Head<infer Prediction> ? Prediction : never;
