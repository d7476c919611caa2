import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Boundary } from "./boundary.ts";
import type { ForwardContext } from "./forward-context.ts";
import { type ForwardPass, startForward } from "./forward-pass.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { type PackedFeed, packedRows } from "./packed-batch.ts";
import { chosenRows, pool, readsOneToken } from "./pooling.ts";
import { applyVectorModules } from "./vector-modules.ts";
import { vectorSize } from "./vector-size.ts";

/** What of a model runs: embeddings, layers, pooling and the modules behind it. */
export type Trunk = Pick<LoadedModel, "architecture" | "parameters" | "pooling" | "stages">;

/** Sentence vectors. @returns float32 `[B, dimension]` */
export function trunkVectors(trunk: Trunk, feed: PackedFeed, context: ForwardContext): tf.Tensor2D {
  return tf.tidy(() => {
    const pass = start(trunk, feed, context);
    return upward(trunk, pass, { states: trunk.architecture.embed(pass), layer: 0 });
  });
}

/**
 * Token states after a layer.
 * @returns float32 `[N, D]`; dummy rows are finite and meaningless
 * @throws {EspalierError} CONFIG_INVALID when there is no such layer
 */
export function trunkStates(
  trunk: Trunk,
  feed: PackedFeed,
  { context, upTo }: { readonly context: ForwardContext; readonly upTo: number },
): tf.Tensor2D {
  expectLayer(trunk, upTo);
  const { architecture } = trunk;
  return tf.tidy(() => {
    const pass = start(trunk, feed, context);
    let states = architecture.embed(pass);
    for (let layer = 0; layer <= upTo; layer++)
      states = architecture.layer(pass, layer, { states });
    return states;
  });
}

/**
 * The rest of a forward from given states.
 * @returns float32 `[B, dimension]`
 * @throws {EspalierError} CONFIG_INVALID when there is no such layer, SHAPE_MISMATCH
 */
export function trunkFrom(
  trunk: Trunk,
  feed: PackedFeed,
  {
    boundary,
    states,
    context,
  }: {
    readonly boundary: Exclude<Boundary, "text">;
    readonly states: tf.Tensor2D | undefined;
    readonly context: ForwardContext;
  },
): tf.Tensor2D {
  const { architecture, pooling, stages } = trunk;
  const pooled = boundary === "pooled";
  const width = pooled ? vectorSize(pooling, stages) : architecture.width;
  const rows = pooled ? feed.sizes.texts : packedRows(feed.sizes);
  if (states === undefined || states.shape[0] !== rows || states.shape[1] !== width)
    throw new EspalierError(
      "SHAPE_MISMATCH",
      `states have shape [${states?.shape.join(", ") ?? "none"}], expected [${rows}, ${width}]`,
    );
  if (pooled) return tf.tidy(() => tf.clone(states));
  expectLayer(trunk, boundary.afterLayer);
  const layer = boundary.afterLayer + 1;
  return tf.tidy(() => upward(trunk, start(trunk, feed, context), { states, layer }));
}

function start(
  { parameters, architecture }: Trunk,
  feed: PackedFeed,
  context: ForwardContext,
): ForwardPass {
  return startForward({ parameters, heads: architecture.heads }, feed, context);
}

/** From the states in front of a layer to the vector. */
function upward(
  { architecture, parameters, pooling, stages }: Trunk,
  pass: ForwardPass,
  from: { readonly states: tf.Tensor2D; readonly layer: number },
): tf.Tensor2D {
  const { feed } = pass;
  const last = architecture.layerCount - 1;
  // Where pooling reads one token a text, the last layer has B rows to compute instead of N.
  const mode = from.layer <= last ? readsOneToken(pooling) : undefined;
  const rows = mode && chosenRows(mode, feed, pooling.includePrompt);
  let { states } = from;
  for (let layer = from.layer; layer <= last; layer++) {
    const input = rows !== undefined && layer === last ? { states, rows } : { states };
    states = architecture.layer(pass, layer, input);
  }
  const pooled = rows === undefined ? pool(states, feed, pooling) : states;
  return applyVectorModules(pooled, parameters, stages);
}

function expectLayer({ architecture: { layerCount } }: Trunk, layer: number): void {
  if (!Number.isInteger(layer) || layer < 0 || layer >= layerCount)
    throw new EspalierError("CONFIG_INVALID", `layer is ${layer}, expected 0 to ${layerCount - 1}`);
}
