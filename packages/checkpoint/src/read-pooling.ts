import { didYouMean, EspalierError } from "@espalier/core";
import { z } from "zod";
import { readJson } from "./json-file.ts";
import { POOLING_MODES, type PoolingMode, type PoolingModule } from "./model-module.ts";

/** The booleans of releases up to 5.3; their order is that of the concatenation. */
export const legacyPoolingKeys: Readonly<Record<PoolingMode, string>> = {
  cls: "pooling_mode_cls_token",
  max: "pooling_mode_max_tokens",
  mean: "pooling_mode_mean_tokens",
  mean_sqrt_len_tokens: "pooling_mode_mean_sqrt_len_tokens",
  weightedmean: "pooling_mode_weightedmean_tokens",
  lasttoken: "pooling_mode_lasttoken",
};

const size = z.int().positive().optional();
const flag = z.boolean().optional();
const poolingSchema = z.strictObject({
  embedding_dimension: size,
  word_embedding_dimension: size,
  pooling_mode: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  pooling_mode_cls_token: flag,
  pooling_mode_max_tokens: flag,
  pooling_mode_mean_tokens: flag,
  pooling_mode_mean_sqrt_len_tokens: flag,
  pooling_mode_weightedmean_tokens: flag,
  pooling_mode_lasttoken: flag,
  include_prompt: flag,
});
type PoolingConfig = z.infer<typeof poolingSchema>;

/**
 * Reads `1_Pooling/config.json` in either schema: `pooling_mode` (5.4 and later), or one boolean per mode.
 * @throws {EspalierError} FILE_NOT_FOUND, FILE_INVALID, CONFIG_INVALID for an unknown or bad field, UNSUPPORTED for an
 *   unknown mode
 */
export async function readPooling(file: string): Promise<PoolingModule> {
  const config = await readJson(file, poolingSchema);
  const dimension = config.embedding_dimension ?? config.word_embedding_dimension;
  if (dimension === undefined)
    throw new EspalierError("CONFIG_INVALID", `${file}: embedding_dimension is missing`);
  return {
    kind: "Pooling",
    dimension,
    modes: poolingModes(config, file),
    includePrompt: config.include_prompt ?? true,
  };
}

function poolingModes(config: PoolingConfig, file: string): PoolingMode[] {
  if (config.pooling_mode !== undefined) {
    const names =
      typeof config.pooling_mode === "string" ? [config.pooling_mode] : config.pooling_mode;
    return names.map((name) => knownMode(name, file));
  }
  const flags = config as Record<string, unknown>;
  const keys = Object.entries(legacyPoolingKeys) as [PoolingMode, string][];
  if (keys.every(([, key]) => flags[key] === undefined)) return ["mean"]; // the library's default
  const modes = keys.filter(([, key]) => flags[key] === true).map(([mode]) => mode);
  if (modes.length === 0)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${file}: no pooling mode is true; one of ${keys.map(([, key]) => key).join(", ")} has to be`,
    );
  return modes;
}

function knownMode(name: string, file: string): PoolingMode {
  const mode = POOLING_MODES.find((known) => known === name);
  if (mode === undefined)
    throw new EspalierError(
      "UNSUPPORTED",
      `${file}: pooling_mode ${JSON.stringify(name)} is not one of ${POOLING_MODES.join(", ")}${didYouMean(name, POOLING_MODES)}`,
    );
  return mode;
}
