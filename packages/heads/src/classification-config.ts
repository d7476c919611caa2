import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";

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
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EspalierError(
    "CONFIG_INVALID",
    parsed.error.issues
      .flatMap((issue) => explain(issue, value))
      .map((problem) => `${place}: ${problem}`)
      .join("\n"),
  );
}

const schema = z
  .strictObject({
    kind: z.literal("classification"),
    labels: z.array(z.string().refine((label) => label.trim() !== "", "is an empty label")),
    // Above 255/256 a mask of one byte an element can't express the rate.
    dropout: z
      .number()
      .min(0)
      .max(255 / 256)
      .default(0.1),
    labelSmoothing: z.number().min(0).lt(1).default(0),
    classWeights: z.array(z.number().nonnegative()).exactOptional(),
  })
  .superRefine(({ labels, classWeights }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (labels.length < 2) issue("labels", "expected at least 2 labels");
    const twice = labels.find((label, i) => labels.indexOf(label) !== i);
    if (twice !== undefined) issue("labels", `${JSON.stringify(twice)} occurs twice`);
    if (classWeights === undefined) return;
    if (classWeights.length !== labels.length)
      issue("classWeights", `${classWeights.length} weights for ${labels.length} labels`);
    else if (classWeights.every((weight) => weight === 0))
      issue("classWeights", "expected a weight above 0");
  });

function explain(issue: z.core.$ZodIssue, root: unknown): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map(
      (key) => `unknown key "${key}"${didYouMean(key, Object.keys(schema.shape))}`,
    );
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  const path = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  const message = issue.message.replace("Invalid input: ", "").replace(/, received .*$/, "");
  return [`${path}${message} (${given === undefined ? "missing" : shorten(given)})`];
}

function shorten(given: unknown): string {
  const text = JSON.stringify(given) ?? String(given);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
