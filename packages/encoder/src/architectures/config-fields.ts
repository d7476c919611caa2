import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";
import { ACTIVATIONS, type Activation } from "./activation.ts";

/** Sizes and counts. */
export const positive: z.ZodInt = z.int().positive();
/** A dropout rate. */
export const rate: z.ZodNumber = z.number().min(0).lt(1);

/** The sizes that most config.json name alike. */
export const SIZE_FIELDS: Readonly<
  Record<
    | "hidden_size"
    | "num_hidden_layers"
    | "num_attention_heads"
    | "intermediate_size"
    | "vocab_size",
    z.ZodInt
  >
> = {
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  intermediate_size: positive,
  vocab_size: positive,
};

/** The name of an activation as Hugging Face writes it. */
export const activation: z.ZodType<Activation, string> = z
  .string()
  .transform((name, context): Activation => {
    const known = ACTIVATIONS[name];
    if (known !== undefined) return known;
    const names = Object.keys(ACTIVATIONS);
    context.addIssue({
      code: "custom",
      message: `"${name}" is not one of ${names.join(", ")}${didYouMean(name, names)}`,
    });
    return z.NEVER;
  });

/** Fields of any config.json that would change the numbers and are not implemented: absent or off. */
export const UNSUPPORTED_FIELDS: {
  is_decoder: z.ZodOptional<z.ZodNullable<z.ZodLiteral<false>>>;
  add_cross_attention: z.ZodOptional<z.ZodNullable<z.ZodLiteral<false>>>;
  quantization_config: z.ZodOptional<z.ZodNull>;
  pruned_heads: z.ZodOptional<z.ZodNullable<z.ZodRecord<z.ZodString, z.ZodNever>>>;
} = {
  is_decoder: z.literal(false).nullish(),
  add_cross_attention: z.literal(false).nullish(),
  quantization_config: z.null().optional(),
  pruned_heads: z.record(z.string(), z.never()).nullish(),
};

/**
 * Reads the fields an architecture needs from a config.json.
 * @param place the file, for messages
 * @throws {EspalierError} CONFIG_INVALID with every problem, one a line
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  config: unknown,
  place: string,
): z.output<Schema> {
  const parsed = schema.safeParse(config, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new EspalierError(
    "CONFIG_INVALID",
    parsed.error.issues
      .map(({ path, message, input }) => {
        const given = input === undefined ? "is missing" : `is ${JSON.stringify(input)}`;
        return `${place}: ${path.join(".") || "content"} ${given}: ${message}`;
      })
      .join("\n"),
  );
}
