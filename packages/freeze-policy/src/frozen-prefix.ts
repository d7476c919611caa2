import type { ParamPath } from "@espalier/core";
import { depthOf } from "./layer-depth.ts";
import type { ParamDecision } from "./resolve-policy.ts";

/**
 * Where a forward pass may start, because everything below is frozen and so gives the same result for a text in every
 * epoch: at the tokens, after a layer, or at the finished sentence vector.
 */
export type Boundary = "text" | { readonly afterLayer: number } | "pooled";

/**
 * The deepest contiguous frozen part of the trunk, from the embeddings up.
 * @param decisions of `resolvePolicy` for these paths
 * @param layerCount layers of the trunk; a layer without parameters in `paths` counts as frozen
 * @returns "text" when no layer is frozen together with everything below it: frozen embeddings alone save nothing
 *   that is worth a cache
 */
export function frozenPrefix(
  decisions: ReadonlyMap<string, ParamDecision>,
  paths: readonly ParamPath[],
  layerCount: number,
): Boundary {
  const trains = paths.filter((path) => decisions.get(path.name)?.trainable !== false);
  const trunk = trains.filter(({ group }) => group !== "head");
  if (trunk.length === 0) return "pooled";
  // Depth k + 1 is layer k, so everything below the lowest trainable depth is frozen.
  const depths = trunk.map((path) =>
    path.group === "pooler" ? layerCount + 1 : depthOf(path, layerCount),
  );
  const frozenLayers = Math.min(...depths) - 1;
  return frozenLayers <= 0 ? "text" : { afterLayer: frozenLayers - 1 };
}
