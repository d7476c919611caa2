import type { ParamPath } from "@espalier/core";

/** L, the number of transformer layers that some parameters belong to. */
export function countLayers(paths: readonly ParamPath[]): number {
  return paths.reduce((count, { layer }) => Math.max(count, (layer ?? -1) + 1), 0);
}

/**
 * How far from the text a parameter is: embeddings 0, layer k at k + 1, pooler L, heads L + 1. What all layers share
 * (a relative-position table) is read by the lowest one, so it counts as an embedding.
 */
export function depthOf(path: ParamPath, layers: number): number {
  switch (path.group) {
    case "embeddings":
      return 0;
    case "encoder":
      return path.layer === undefined ? 0 : path.layer + 1;
    case "pooler":
      return layers;
    case "head":
      return layers + 1;
  }
}
