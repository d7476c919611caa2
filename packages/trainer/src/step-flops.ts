import type { ParamPath } from "@espalier/core";
import type { Boundary } from "@espalier/freeze-policy";
import type { PlannedModel } from "./step-plan.ts";

/**
 * The matrix products of one pass over some texts: each one forward, once more for the gradient of a matrix that trains,
 * and once more for the gradient of its input where something below trains.
 */
export function stepFlops(
  model: PlannedModel,
  pass: {
    readonly start: Boundary;
    readonly trainable: ReadonlySet<string>;
    readonly texts: number;
    readonly tokens: number;
  },
): { flops: number; cacheFlops: number } {
  const { trainable, texts, tokens } = pass;
  const { layerCount } = model.encoder;
  const paths = model.parameters().map(({ path }) => path);
  const depth = depthIn(layerCount);
  const first = firstDepth(pass.start, layerCount);
  const lowest = Math.min(...paths.filter(({ name }) => trainable.has(name)).map(depth));
  const { byParameter, attention } = model.encoder.forwardFlops({ texts, tokens });
  let flops = 0;
  let cacheFlops = 0;
  for (const path of paths) {
    const forward = path.group === "head" ? 2 * path.size * texts : (byParameter[path.name] ?? 0);
    const at = depth(path);
    if (at < first) {
      cacheFlops += forward;
      continue;
    }
    // Within the lowest layer that trains, gradients go down to its own lower matrices.
    const goesDown = at > lowest || (at === lowest && path.group === "encoder");
    flops += forward * (1 + (trainable.has(path.name) ? 1 : 0) + (goesDown ? 1 : 0));
  }
  for (const [layer, forward] of attention.entries()) {
    if (layer + 1 < first) cacheFlops += forward;
    else flops += forward * (layer + 1 >= lowest ? 3 : 1);
  }
  return { flops, cacheFlops };
}

/** Embeddings 0, layer k at k + 1, then the pooler's modules, then the heads. */
function depthIn(layerCount: number): (path: ParamPath) => number {
  return ({ group, layer }) => {
    if (group === "head") return layerCount + 2;
    return group === "pooler" ? layerCount + 1 : (layer ?? -1) + 1;
  };
}

function firstDepth(start: Boundary, layerCount: number): number {
  if (start === "text") return 0;
  return start === "pooled" ? layerCount + 2 : start.afterLayer + 2;
}
