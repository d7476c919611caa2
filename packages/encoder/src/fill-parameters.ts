import { readFloat32, requireTensor, type Safetensors } from "@espalier/checkpoint";
import { EspalierError, type ParamPath } from "@espalier/core";
import type { Architecture, ParameterSpec } from "./architectures/architecture.ts";
import { ParameterStore, type ParameterValues } from "./parameter-store.ts";

/** The encoder of a checkpoint. */
export interface FilledParameters {
  readonly parameters: ParameterStore;
  /** Tensors the encoder does not need but other programs may, by name. */
  readonly kept: ReadonlyMap<string, ParameterValues>;
}

/**
 * Puts the tensors of a checkpoint into a store, name by name: prefixes of whole models (`bert.`, `distilbert.`) and
 * the old LayerNorm names (`gamma`, `beta`) are translated, tensors of known training heads are left out.
 * @throws {EspalierError} FILE_INVALID naming a tensor that is missing, unknown, there twice, not finite, or has another shape
 */
export function fillParameters(architecture: Architecture, weights: Safetensors): FilledParameters {
  const prefix = architecture.checkpointPrefix ?? architecture.modelType;
  const source = withCanonicalNames(weights, `${prefix}.`);
  refuseUnknown(architecture, source);
  const parameters = new ParameterStore();
  try {
    for (const spec of architecture.parameters)
      parameters.add(pathOf(spec), { shape: spec.shape, data: readFinite(source, spec) });
  } catch (error) {
    parameters.dispose();
    throw error;
  }
  const kept = new Map<string, ParameterValues>();
  for (const name of source.tensors.keys())
    if (architecture.kept.some((pattern) => pattern.test(name)))
      kept.set(name, {
        shape: requireTensor(source, name).shape,
        data: readFloat32(source, name).slice(), // the checkpoint's buffer need not live on for it
      });
  return { parameters, kept };
}

function readFinite(weights: Safetensors, { name, shape }: ParameterSpec): Float32Array {
  const data = readFloat32(weights, name, shape);
  let sum = 0;
  // 0, or NaN as soon as one is NaN or infinite. By index: three times as fast as for-of over 66 M numbers.
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) * 0;
  if (sum !== 0)
    throw new EspalierError(
      "FILE_INVALID",
      `${weights.file}: tensor ${JSON.stringify(name)} holds ${data.find((value) => !Number.isFinite(value))}, expected finite numbers`,
    );
  return data;
}

function pathOf({ name, group, layer }: ParameterSpec): ParamPath {
  return layer === undefined ? { name, group } : { name, group, layer };
}

function withCanonicalNames(weights: Safetensors, prefix: string): Safetensors {
  const tensors = new Map<string, ReturnType<typeof requireTensor>>();
  const origin = new Map<string, string>();
  for (const [name, tensor] of weights.tensors) {
    const canonical = (name.startsWith(prefix) ? name.slice(prefix.length) : name)
      .replace(/(LayerNorm|layer_norm)\.gamma$/, "$1.weight")
      .replace(/(LayerNorm|layer_norm)\.beta$/, "$1.bias");
    const other = origin.get(canonical);
    if (other !== undefined)
      throw new EspalierError(
        "FILE_INVALID",
        `${weights.file}: tensors ${JSON.stringify(other)} and ${JSON.stringify(name)} are the same parameter`,
      );
    origin.set(canonical, name);
    tensors.set(canonical, tensor);
  }
  return { ...weights, tensors };
}

function refuseUnknown(architecture: Architecture, weights: Safetensors): void {
  const known = new Set(architecture.parameters.map(({ name }) => name));
  const allowed = [...architecture.kept, ...architecture.ignored];
  for (const name of weights.tensors.keys())
    if (!known.has(name) && !allowed.some((pattern) => pattern.test(name)))
      throw new EspalierError(
        "FILE_INVALID",
        `${weights.file}: tensor ${JSON.stringify(name)} is not part of a ${architecture.modelType} encoder of ${architecture.layerCount} layers; ignoring it could give other vectors`,
      );
}
