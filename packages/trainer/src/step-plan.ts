import type { ParamPath } from "@espalier/core";
import type { ForwardFlops } from "@espalier/encoder";
import {
  type Boundary,
  type FreezePolicy,
  type FreezeSchedule,
  frozenPrefix,
  type ParamDecision,
  type PolicySummary,
  policyAt,
  resolvePolicy,
  summarize,
  type TrainingPosition,
} from "@espalier/freeze-policy";
import { stepFlops } from "./step-flops.ts";

/**
 * What a training step has to do and what it may leave out: plain data, a pure function of policy, network and data.
 * The loop executes it, previews print it. Nothing else asks whether something is frozen.
 */
export interface StepPlan {
  /** Name of the policy in force. */
  readonly policy: string;
  /**
   * Where a forward starts: everything below is frozen, so its result is a constant for each text. It runs without
   * dropout, is computed once a text where a cache is on, and has no backward.
   */
  readonly start: Boundary;
  /** Names of the parameters that train, in the order of the network. */
  readonly trainable: readonly string[];
  /** Names of the others: they cost no gradient and stay bit for bit as they are. */
  readonly frozen: readonly string[];
  /** Factor of the learning rate, by name of what trains. */
  readonly lrScale: Readonly<Record<string, number>>;
  /** Numbers of parameters and values, in all and by part of the network. */
  readonly counts: PolicySummary;
  /** Set where the word table trains, but only the rows that the texts use: the others have no gradient. */
  readonly activeRows?: ActiveRowCount;
  readonly estimate: StepEstimate;
}

export interface ActiveRowCount {
  /** Name of the word table. */
  readonly parameter: string;
  readonly rows: number;
  /** Of the whole table. */
  readonly of: number;
  /** Gradients and moments that the other rows would take. */
  readonly savedBytes: number;
}

export interface StepEstimate {
  /** Floating-point operations of the matrix products of one pass over the texts, forward and backward. */
  readonly flops: number;
  /** The same for computing the frozen prefix of all texts, once. */
  readonly cacheFlops: number;
  /** Gradients of what trains, held during a step. */
  readonly gradientBytes: number;
  /** The optimizer's moments of what trains. */
  readonly stateBytes: number;
  /** The results of the frozen prefix of all texts; 0 where it starts at the text. */
  readonly cacheBytes: number;
}

/** What planning needs to know of a model; a `MultiTaskModel` is one. */
export interface PlannedModel {
  readonly encoder: {
    readonly layerCount: number;
    /** D of the sentence vector. */
    readonly dimension: number;
    /** D of the token states. Default: the sentence vector's. */
    readonly width?: number;
    /** The parameter that has a row for every token id. Default: none that is known. */
    readonly wordTable?: { readonly name: string; readonly rows: number };
    forwardFlops(work: { readonly texts: number; readonly tokens: number }): ForwardFlops;
  };
  parameters(): ReadonlyArray<{ readonly path: ParamPath & { readonly size: number } }>;
}

export interface PlanFacts {
  /** Position within the phase, needed by a schedule. */
  readonly at?: TrainingPosition;
  /** Distinct texts. Default 0. */
  readonly texts?: number;
  /** Their tokens together. Default 0. */
  readonly tokens?: number;
  /** Values that the optimizer keeps a parameter value: 2 for AdamW (default), 1 for SGD with momentum. */
  readonly momentsPerValue?: number;
  /**
   * Rows of the word table that the training texts use. Default: all, as where texts are not known beforehand or the
   * optimizer's update is not row by row.
   */
  readonly activeRows?: number;
}

/**
 * Plans the steps of a policy.
 * @throws {EspalierError} as `resolvePolicy`: NAME_UNKNOWN or CONFIG_INVALID for a rule that does not fit the network
 */
export function planStep(
  policy: FreezePolicy | FreezeSchedule,
  model: PlannedModel,
  facts: PlanFacts = {},
): StepPlan {
  const { at, texts = 0, tokens = 0, momentsPerValue = 2 } = facts;
  const inForce = policyAt(policy, at);
  const paths = model.parameters().map(({ path }) => path);
  const decisions = resolvePolicy(inForce, paths);
  const trains = ({ name }: ParamPath): boolean => decisionOf(decisions, name).trainable;
  const start = frozenPrefix(decisions, paths, model.encoder.layerCount);
  const counts = summarize(inForce, paths);
  const trainable = paths.filter(trains).map(({ name }) => name);
  const valueBytes = FLOAT_BYTES * (1 + momentsPerValue);
  const activeRows = plannedRows(model, new Set(trainable), { valueBytes, rows: facts.activeRows });
  const saved = (activeRows?.savedBytes ?? 0) / valueBytes;
  return {
    policy: inForce.name,
    start,
    trainable,
    frozen: paths.filter((path) => !trains(path)).map(({ name }) => name),
    lrScale: Object.fromEntries(
      trainable.map((name) => [name, decisionOf(decisions, name).lrScale]),
    ),
    counts,
    ...(activeRows === undefined ? {} : { activeRows }),
    estimate: {
      ...stepFlops(model, { start, trainable: new Set(trainable), texts, tokens }),
      gradientBytes: FLOAT_BYTES * (counts.trainableSize - saved),
      stateBytes: FLOAT_BYTES * momentsPerValue * (counts.trainableSize - saved),
      cacheBytes: FLOAT_BYTES * cachedValues(start, model, { texts, tokens }),
    },
  };
}

const FLOAT_BYTES = 4;

function plannedRows(
  model: PlannedModel,
  trainable: ReadonlySet<string>,
  { valueBytes, rows }: { valueBytes: number; rows: number | undefined },
): ActiveRowCount | undefined {
  const { wordTable } = model.encoder;
  if (wordTable === undefined || rows === undefined) return undefined;
  const { name: parameter, rows: of } = wordTable;
  if (!trainable.has(parameter) || rows >= of) return undefined;
  const size = model.parameters().find(({ path }) => path.name === parameter)?.path.size ?? 0;
  return { parameter, rows, of, savedBytes: valueBytes * (of - rows) * (size / of) };
}

function cachedValues(
  start: Boundary,
  { encoder }: PlannedModel,
  { texts, tokens }: { texts: number; tokens: number },
): number {
  if (start === "text") return 0;
  return start === "pooled"
    ? texts * encoder.dimension
    : tokens * (encoder.width ?? encoder.dimension);
}

function decisionOf(decisions: ReadonlyMap<string, ParamDecision>, name: string): ParamDecision {
  return decisions.get(name) as ParamDecision;
}
