import { z } from "zod";
import { addIssue, checkLabels, dropoutRate, labelNames, parseConfig } from "./parse-config.ts";

/** A multi-label head as JSON. */
export interface MultiLabelConfig {
  readonly kind: "multi-label";
  /** At least one, in the order of the logits. */
  readonly labels: readonly string[];
  /** Dropout rate in front of the linear map. */
  readonly dropout: number;
  /** From this probability on a label applies. */
  readonly threshold: number;
  /** Factor of the loss where a label applies, one a label, in their order. */
  readonly positiveWeights?: readonly number[];
}

/**
 * Checks a multi-label head's JSON; `dropout` and `threshold` may be missing.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID with every problem, its path and the given value
 */
export function parseMultiLabelConfig(value: unknown, place: string): MultiLabelConfig {
  return parseConfig(schema, value, place);
}

const schema = z
  .strictObject({
    kind: z.literal("multi-label"),
    labels: labelNames,
    dropout: dropoutRate,
    threshold: z.number().gt(0).lt(1).default(0.5),
    positiveWeights: z.array(z.number().positive()).exactOptional(),
  })
  .superRefine(({ labels, positiveWeights }, context) => {
    checkLabels(labels, 1, context);
    if (positiveWeights !== undefined && positiveWeights.length !== labels.length)
      addIssue(
        context,
        "positiveWeights",
        `${positiveWeights.length} weights for ${labels.length} labels`,
      );
  });
