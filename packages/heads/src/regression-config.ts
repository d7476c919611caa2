import type { RegressionLossKind } from "@espalier/ops";
import { z } from "zod";
import { dropoutRate, parseConfig } from "./parse-config.ts";

/** A regression head as JSON. */
export interface RegressionConfig {
  readonly kind: "regression";
  /** Dropout rate in front of the linear map. */
  readonly dropout: number;
  /** Of the distance in units of `scale`. */
  readonly loss: RegressionLossKind;
  /** The number that a head without training gives; best the mean of the training labels. */
  readonly center: number;
  /** The unit that the head learns in; best the standard deviation of the training labels. */
  readonly scale: number;
}

/**
 * Checks a regression head's JSON; everything but `kind` may be missing.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID with every problem, its path and the given value
 */
export function parseRegressionConfig(value: unknown, place: string): RegressionConfig {
  return parseConfig(schema, value, place);
}

const schema = z.strictObject({
  kind: z.literal("regression"),
  dropout: dropoutRate,
  loss: z.enum(["squared", "absolute", "huber"]).default("squared"),
  center: z.number().default(0),
  scale: z.number().positive().default(1),
});
