import { EspalierError } from "@espalier/core";
import { z } from "zod";
import { isContainedPath } from "./contained-path.ts";
import { readJsonIfThere } from "./json-file.ts";
import type { ModelModule } from "./model-module.ts";

/** One line of `modules.json`, its type reduced to what it is. */
export interface ModuleEntry {
  readonly kind: ModelModule["kind"];
  /** Folder of the module relative to the model's, `""` for the same. */
  readonly path: string;
}

/**
 * The `type`s of sentence-transformers that are understood: the paths of releases up to 5.3, those since 5.4,
 * and where 6.0 moved Normalize.
 */
const moduleTypes: Readonly<Record<ModelModule["kind"], readonly string[]>> = {
  Transformer: [
    "sentence_transformers.models.Transformer",
    "sentence_transformers.models.Transformer.Transformer",
    "sentence_transformers.base.modules.transformer.Transformer",
    "sentence_transformers.sentence_transformer.modules.transformer.Transformer",
  ],
  Pooling: [
    "sentence_transformers.models.Pooling",
    "sentence_transformers.models.Pooling.Pooling",
    "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
  ],
  Dense: [
    "sentence_transformers.models.Dense",
    "sentence_transformers.models.Dense.Dense",
    "sentence_transformers.base.modules.dense.Dense",
    "sentence_transformers.sentence_transformer.modules.dense.Dense",
  ],
  LayerNorm: [
    "sentence_transformers.models.LayerNorm",
    "sentence_transformers.models.LayerNorm.LayerNorm",
    "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
  ],
  Normalize: [
    "sentence_transformers.models.Normalize",
    "sentence_transformers.models.Normalize.Normalize",
    "sentence_transformers.base.modules.normalize.Normalize",
    "sentence_transformers.sentence_transformer.modules.normalize.Normalize",
  ],
};

/** The type to write: what every release of sentence-transformers reads. */
export function moduleType(kind: ModelModule["kind"]): string {
  return `sentence_transformers.models.${kind}`;
}

const modulesSchema = z.array(
  z.strictObject({
    idx: z.int().optional(),
    name: z.string().optional(),
    path: z.string(),
    type: z.string(),
    kwargs: z.array(z.string()).optional(),
  }),
);

/**
 * Reads `modules.json` and checks the order: Transformer, Pooling, then any number of Dense, LayerNorm and Normalize.
 * @returns undefined when the file does not exist
 * @throws {EspalierError} FILE_INVALID, CONFIG_INVALID for a bad field, path or order, UNSUPPORTED naming a module type
 */
export async function readModuleList(
  file: string,
): Promise<[ModuleEntry, ModuleEntry, ...ModuleEntry[]] | undefined> {
  const list = await readJsonIfThere(file, modulesSchema);
  if (list === undefined) return undefined;
  const entries = list.map(({ type, path, kwargs }): ModuleEntry => {
    if (!isContainedPath(path))
      throw new EspalierError(
        "CONFIG_INVALID",
        `${file}: path ${JSON.stringify(path)} of module ${type} is not inside the model's folder`,
      );
    if (kwargs !== undefined && kwargs.length > 0)
      throw new EspalierError(
        "UNSUPPORTED",
        `${file}: kwargs ${JSON.stringify(kwargs)} of module ${type} are not supported`,
      );
    return { kind: moduleKind(type, file), path };
  });
  const [first, second, ...others] = entries;
  const misplaced = others.some(({ kind }) => kind === "Transformer" || kind === "Pooling");
  if (first?.kind !== "Transformer" || second?.kind !== "Pooling" || misplaced)
    throw new EspalierError(
      "CONFIG_INVALID",
      `${file}: the order of the modules is ${entries.map(({ kind }) => kind).join(", ") || "empty"}, expected Transformer, Pooling, then Dense, LayerNorm or Normalize`,
    );
  return [first, second, ...others];
}

function moduleKind(type: string, file: string): ModuleEntry["kind"] {
  for (const [kind, types] of Object.entries(moduleTypes))
    if (types.includes(type)) return kind as ModuleEntry["kind"];
  throw new EspalierError(
    "UNSUPPORTED",
    `${file}: module type ${JSON.stringify(type)} is not supported; supported are ${Object.keys(moduleTypes).join(", ")} of sentence_transformers`,
  );
}
