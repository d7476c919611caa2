import { z } from "zod";
import { addIssue, checkLabels, dropoutRate, labelNames, parseConfig } from "./parse-config.ts";

/** A single-label classification head as JSON. */
export interface ClassificationConfig {
  readonly kind: "classification";
  /** At least two, in the order of the logits. */
  readonly labels: readonly string[];
  /** Dropout rate in front of the linear map. */
  readonly dropout: number;
  /** Share of the target that is spread evenly over all labels. */
  readonly labelSmoothing: number;
  /** One a label, in their order; the mean divides by the sum of the weights of the labels in a batch. */
  readonly classWeights?: readonly number[];
}

/**
 * Checks a classification head's JSON; `dropout` and `labelSmoothing` may be missing.
 * @param place how messages name it
 * @throws {EspalierError} CONFIG_INVALID with every problem, its path and the given value
 */
export function parseClassificationConfig(value: unknown, place: string): ClassificationConfig {
  return parseConfig(schema, value, place);
}

const schema = z
  .strictObject({
    kind: z.literal("classification"),
    labels: labelNames,
    dropout: dropoutRate,
    labelSmoothing: z.number().min(0).lt(1).default(0),
    classWeights: z.array(z.number().nonnegative()).exactOptional(),
  })
  .superRefine(({ labels, classWeights }, context) => {
    checkLabels(labels, 2, context);
    if (classWeights === undefined) return;
    if (classWeights.length !== labels.length)
      addIssue(
        context,
        "classWeights",
        `${classWeights.length} weights for ${labels.length} labels`,
      );
    else if (classWeights.every((weight) => weight === 0))
      addIssue(context, "classWeights", "expected a weight above 0");
  });
