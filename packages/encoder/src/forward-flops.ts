import type { PoolingModule } from "@espalier/checkpoint";
import type { Architecture } from "./architectures/architecture.ts";
import type { ParameterStore } from "./parameter-store.ts";
import { readsOneToken } from "./pooling.ts";

/** Floating-point operations of a forward's matrix products, `2·m·k·n` each; all else is a few per cent of the time. */
export interface ForwardFlops {
  /** Products with a parameter, by its name; one that is not multiplied has no entry. */
  readonly byParameter: Readonly<Record<string, number>>;
  /** Scores and weighted values, by layer. */
  readonly attention: readonly number[];
}

/**
 * The work of some texts, padding not among it.
 * @param work.texts   each once
 * @param work.tokens  of all of them; attention is counted as if they were equally long
 */
export function forwardFlops(
  model: {
    readonly architecture: Architecture;
    readonly parameters: ParameterStore;
    readonly pooling: PoolingModule;
  },
  { texts, tokens }: { readonly texts: number; readonly tokens: number },
): ForwardFlops {
  const { architecture, parameters, pooling } = model;
  const { layerCount, width, everyToken } = architecture;
  const last = readsOneToken(pooling) === undefined ? -1 : layerCount - 1;
  const multiplied = parameters
    .entries()
    .filter(({ path, variable }) => path.group !== "embeddings" && variable.rank === 2);
  const rowsOf = (name: string, layer: number | undefined): number => {
    if (layer === undefined) return texts;
    return layer === last && !everyToken(name) ? texts : tokens;
  };
  return {
    byParameter: Object.fromEntries(
      multiplied.map(({ path: { name, layer }, variable }) => [
        name,
        2 * variable.size * rowsOf(name, layer),
      ]),
    ),
    attention: Array.from({ length: layerCount }, (_, layer) => {
      const asking = layer === last ? texts : tokens;
      return texts === 0 ? 0 : 4 * width * asking * (tokens / texts);
    }),
  };
}
