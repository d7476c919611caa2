import type { Architecture } from "./architectures/architecture.ts";

/** Fields that name the number format of the weights; transformers loads in what they say. */
const DTYPE_FIELDS = ["torch_dtype", "dtype"];

/**
 * config.json of a model as it is saved: float32 weights of the encoder alone, whatever it was loaded from (half
 * precision, a model with a head).
 */
export function savedConfig(
  config: Readonly<Record<string, unknown>>,
  { pretrainedClass }: Architecture,
): Record<string, unknown> {
  const saved = { ...config };
  if (pretrainedClass !== undefined) saved.architectures = [pretrainedClass];
  for (const field of DTYPE_FIELDS) if (field in saved) saved[field] = "float32";
  return saved;
}
