import { EspalierError } from "@espalier/core";
import { z } from "zod";
import type { Activation } from "./post-norm-layer.ts";

export const positive: z.ZodInt = z.int().positive();
export const rate: z.ZodNumber = z.number().min(0).lt(1);

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_new: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  relu: "relu",
};

/** The name of an activation as Hugging Face writes it. */
export const activation: z.ZodPipe<z.ZodString, z.ZodTransform<Activation, string>> = z
  .string()
  .transform((name, context): Activation => {
    const known = ACTIVATIONS[name];
    if (known !== undefined) return known;
    context.addIssue({
      code: "custom",
      message: `"${name}" is not one of ${Object.keys(ACTIVATIONS).join(", ")}`,
    });
    return z.NEVER;
  });

/**
 * Reads the fields an architecture needs from a config.json.
 * @param place the file, for messages
 * @throws {EspalierError} CONFIG_INVALID with every problem
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  config: unknown,
  place: string,
): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new EspalierError(
    "CONFIG_INVALID",
    parsed.error.issues
      .map((issue) => `${place}: "${issue.path.join(".")}": ${issue.message}`)
      .join("\n"),
  );
}
