import { EspalierError } from "@espalier/core";
import type { Architecture } from "./architectures/architecture.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { ParameterStore } from "./parameter-store.ts";

/** A tensor of a checkpoint. */
export interface SourceTensor {
  readonly shape: readonly number[];
  /** Row-major float32 values; called once. */
  read(): Float32Array;
}

/**
 * Puts the tensors of a checkpoint into a store, name by name: prefixes of whole models (`bert.`, `distilbert.`) and
 * the old LayerNorm names (`gamma`, `beta`) are translated, tensors that belong to other heads are left out.
 * @param place the file, for messages
 * @throws {EspalierError} FILE_INVALID naming a tensor that is missing, unknown or has another shape
 */
export function fillParameters(
  architecture: Architecture,
  tensors: ReadonlyMap<string, SourceTensor>,
  place: string,
): { parameters: ParameterStore; kept: LoadedModel["kept"] } {
  const prefix = `${architecture.modelType}.`;
  const byName = new Map<string, SourceTensor>();
  for (const [name, tensor] of tensors) byName.set(canonical(name, prefix), tensor);
  const parameters = new ParameterStore();
  try {
    for (const { name, shape, group, layer } of architecture.parameters) {
      const tensor = byName.get(name);
      if (tensor === undefined) throw invalid(`${place}: tensor "${name}" is missing`);
      if (tensor.shape.join() !== shape.join())
        throw invalid(
          `${place}: tensor "${name}" has shape [${tensor.shape}], expected [${shape}] from config.json`,
        );
      byName.delete(name);
      parameters.add(layer === undefined ? { name, group } : { name, group, layer }, {
        shape,
        data: tensor.read(),
      });
    }
    const kept = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [name, tensor] of byName) {
      if (!architecture.ignored.some((pattern) => pattern.test(name)))
        throw invalid(
          `${place}: tensor "${name}" is not part of a ${architecture.modelType} encoder, ignoring it could give other vectors`,
        );
      if (name.startsWith("pooler.")) kept.set(name, { shape: tensor.shape, data: tensor.read() });
    }
    return { parameters, kept };
  } catch (error) {
    parameters.dispose();
    throw error;
  }
}

function canonical(name: string, prefix: string): string {
  return name
    .replace(prefix, (found, at: number) => (at === 0 ? "" : found))
    .replace(/\.gamma$/, ".weight")
    .replace(/\.beta$/, ".bias");
}

function invalid(message: string): EspalierError {
  return new EspalierError("FILE_INVALID", message);
}
