import { didYouMean, EspalierError } from "@espalier/core";
import { scaleShapes } from "../workloads/scale-shapes.ts";
import {
  DISTILBERT,
  DISTILBERT_BYTES,
  SMALL_SHAPE,
  TRUNK_SHAPES,
} from "../workloads/trunk-shape.ts";
import { backends } from "./backends.ts";
import { encode } from "./encode.ts";
import { finetune } from "./finetune.ts";
import { images } from "./images.ts";
import { memory } from "./memory.ts";
import { optimizer } from "./optimizer.ts";
import { startup } from "./startup.ts";
import { type StepSubject, stepSuite } from "./step-suite.ts";
import type { Suite } from "./suite.ts";
import { tokenize } from "./tokenize.ts";

/** Every suite, in the order in which they run. */
export const SUITES: readonly Suite[] = [
  encode(),
  stepSuite({
    name: "train-step",
    summary: "one training step: forward, and backward, and AdamW",
    needsBytes: DISTILBERT_BYTES,
    subjects: trainStepSubjects,
  }),
  optimizer(),
  images(),
  finetune(),
  tokenize(),
  stepSuite({
    name: "scale",
    summary: "full training steps of growing lengths, layers, batches and tasks",
    subjects: (quick) => scaleShapes(quick).map((one) => ({ ...one, parts: ["full"] })),
  }),
  backends(),
  startup(),
  memory(),
];

const DROPOUT = 0.1; // of the published models

function trainStepSubjects(quick: boolean): StepSubject[] {
  const parts = ["forward", "backward", "full"] as const;
  if (quick)
    return TRUNK_SHAPES.filter((shape) => shape !== DISTILBERT).map((shape) => ({
      shape,
      parts: shape === SMALL_SHAPE ? parts : ["full"],
    }));
  return [
    ...TRUNK_SHAPES.map((shape) => ({ shape, parts })),
    { shape: DISTILBERT, parts: ["full"], dropout: DROPOUT },
  ];
}

export const DEFAULT_SUITES = "all";

/**
 * The suites of a list such as `encode,train-step`, or of `all`, in the table's order.
 * @throws {EspalierError} CONFIG_INVALID with the nearest name
 */
export function suitesNamed(list: string): Suite[] {
  if (list === DEFAULT_SUITES) return [...SUITES];
  const names = list.split(",").map((name) => name.trim());
  const known = SUITES.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new EspalierError(
        "CONFIG_INVALID",
        `--suite ${name}: expected one of ${known.join(", ")}${didYouMean(name, known)}`,
      );
  return SUITES.filter(({ name }) => names.includes(name));
}
