import { TASK_WEIGHTING_KINDS } from "@espalier/trainer";
import { z } from "zod";

const freeze = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const positive = z.number().positive();
const count = z.int().positive();

export const phaseSchema = z.strictObject({
  /** Shown in the plan and in progress lines. */
  name: z.string().min(1),
  /** A freeze preset, or several that apply together: none, backbone, embeddings, layers-below:K, head:TASK, … */
  freeze: freeze.default("none"),
  epochs: count,
  /** Peak learning rate of the trunk. */
  learningRate: positive,
  /** Peak learning rate of the heads; the trunk's when left out. */
  headLearningRate: positive.optional(),
  /** Share of the phase's steps over which the learning rate rises. */
  warmup: z.number().min(0).max(1).default(0.1),
  schedule: z.enum(["linear", "cosine", "constant_with_warmup"]).default("linear"),
  /** Evaluations without a better score that end the phase; never when left out. */
  patience: count.optional(),
});

const ofEveryTask = {
  /** The column of the data that holds the labels; the task's name when left out. */
  column: z.string().min(1).optional(),
  /** Factor of this task's loss in the sum. */
  weight: positive.default(1),
  dropout: z.number().min(0).lt(1).default(0.1),
};
const labels = z.array(z.string().min(1));

/** By the kind of the head. */
export const TASK_SCHEMAS = {
  classification: z.strictObject({
    kind: z.literal("classification"),
    labels: labels.min(2),
    ...ofEveryTask,
    labelSmoothing: z.number().min(0).lt(1).default(0),
    /** One a label; rare labels up, frequent ones down. */
    classWeights: z.array(z.number().nonnegative()).optional(),
  }),
  "multi-label": z.strictObject({
    kind: z.literal("multi-label"),
    labels: labels.min(1),
    ...ofEveryTask,
    /** From this probability on a label applies. */
    threshold: z.number().gt(0).lt(1).default(0.5),
    /** Factors of the loss where a label applies, one a label. */
    positiveWeights: z.array(positive).optional(),
  }),
  ordinal: z.strictObject({
    kind: z.literal("ordinal"),
    /** From the lowest to the highest. */
    labels: labels.min(2),
    ...ofEveryTask,
  }),
  regression: z.strictObject({
    kind: z.literal("regression"),
    ...ofEveryTask,
    loss: z.enum(["squared", "absolute", "huber"]).default("squared"),
    /** The head learns (number - center) / scale: mean and standard deviation of the data when left out. */
    center: z.number().optional(),
    scale: positive.optional(),
  }),
} as const;

const taskSchema = z.discriminatedUnion("kind", [
  TASK_SCHEMAS.classification,
  TASK_SCHEMAS["multi-label"],
  TASK_SCHEMAS.ordinal,
  TASK_SCHEMAS.regression,
]);

/** What `espalier train` does, spelled out: every value that decides the result. */
export const recipeSchema = z.strictObject({
  data: z.string().min(1),
  /** A share of the data, or a file of its own. */
  validation: z.union([z.number().gt(0).lt(1), z.string().min(1)]).default(0.2),
  /** The column with the text; two columns make a pair. */
  text: z.union([z.string().min(1), z.tuple([z.string().min(1), z.string().min(1)])]),
  tasks: z
    .record(z.string().regex(/^[\w-]+$/, "letters, digits, _ and - only"), taskSchema)
    .refine((tasks) => Object.keys(tasks).length > 0, "at least one task"),
  /** `use-lite` (embedded), a model directory, or a name on the Hugging Face Hub. */
  trunk: z.string().min(1).default("use-lite"),
  /** How token states become a sentence vector; the trunk's own way when left out. */
  pooling: z.enum(["cls", "mean", "max"]).optional(),
  maxLengthTokens: count.optional(),
  phases: z.array(phaseSchema).min(1),
  batchSize: count.default(32),
  batchOrder: z.enum(["shuffled", "similar-length"]).default("shuffled"),
  accumulationSteps: count.default(1),
  clipNorm: positive.default(1),
  /** How the tasks' losses become one, each with its `weight` before: fixed (their sum), uncertainty, dwa, random, geometric. */
  taskWeighting: z.enum(TASK_WEIGHTING_KINDS).default("fixed"),
  weightDecay: z.number().min(0).default(0.01),
  seed: z.int().min(0).default(1),
});

export type Recipe = z.infer<typeof recipeSchema>;
/** A recipe as it is written, where a value may be left out that has a default. */
export type RecipeInput = z.input<typeof recipeSchema>;
export type RecipeTask = Recipe["tasks"][string];
