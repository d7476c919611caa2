import { didYouMean, EspalierError } from "@espalier/core";
import { SCALE_SHAPES, TRUNK_SHAPES } from "../workloads/trunk-shape.ts";
import { backends } from "./backends.ts";
import { encode } from "./encode.ts";
import { finetune } from "./finetune.ts";
import { memory } from "./memory.ts";
import { startup } from "./startup.ts";
import { stepSuite } from "./step-suite.ts";
import type { Suite } from "./suite.ts";
import { tokenize } from "./tokenize.ts";

/** Every suite, in the order in which they run. */
export const SUITES: readonly Suite[] = [
  encode(),
  stepSuite({
    name: "train-step",
    summary: "one training step: forward, and backward, and AdamW",
    shapes: TRUNK_SHAPES,
  }),
  finetune(),
  tokenize(),
  stepSuite({
    name: "scale",
    summary: "full training steps of growing batches and lengths",
    shapes: SCALE_SHAPES,
    parts: ["full"],
  }),
  backends(),
  startup(),
  memory(),
];

export const DEFAULT_SUITES = "encode,train-step";

/**
 * The suites of a list such as `encode,train-step`, in the table's order.
 * @throws {EspalierError} CONFIG_INVALID with the nearest name
 */
export function suitesNamed(list: string): Suite[] {
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
