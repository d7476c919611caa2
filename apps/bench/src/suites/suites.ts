import { didYouMean, EspalierError } from "@espalier/core";
import { encode } from "./encode.ts";
import type { Suite } from "./suite.ts";
import { trainStep } from "./train-step.ts";

/** Every suite, in the order in which they run. */
export const SUITES: readonly Suite[] = [encode(), trainStep()];

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
