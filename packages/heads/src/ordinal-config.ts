import { z } from "zod";
import { checkLabels, dropoutRate, labelNames, parseConfig } from "./parse-config.ts";

/** An ordinal head as JSON. */
export interface OrdinalConfig {
  readonly kind: "ordinal";
  /** At least two, from the lowest to the highest. */
  readonly labels: readonly string[];
  /** Dropout rate in front of the linear map. */
  readonly dropout: number;
}

/**
 * Checks an ordinal head's JSON; `dropout` may be missing.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID with every problem, its path and the given value
 */
export function parseOrdinalConfig(value: unknown, place: string): OrdinalConfig {
  return parseConfig(schema, value, place);
}

const schema = z
  .strictObject({ kind: z.literal("ordinal"), labels: labelNames, dropout: dropoutRate })
  .superRefine(({ labels }, context) => checkLabels(labels, 2, context));
