import type { Boundary } from "@espalier/freeze-policy";
import type { Tasks } from "@espalier/model";
import type { RunState } from "./run-state.ts";
import type { CacheEvent, PhaseRef } from "./train-events.ts";
import {
  fillVectorSource,
  type TrunkWork,
  type VectorSource,
  type VectorSourceOptions,
} from "./vector-source.ts";

/**
 * Opens the source of sentence vectors for a boundary. Finished vectors are shared by the baselines and all phases that
 * need them, for as long as the trunk stays as it is.
 */
export async function* openRunSource<T extends Tasks>(
  run: RunState<T>,
  phase: PhaseRef,
  start: Boundary,
): AsyncGenerator<CacheEvent, VectorSource> {
  const { cache, cacheLimitBytes, signal } = run.settings;
  const shared = start === "pooled" && cache === "memory" ? run.vectors : undefined;
  if (shared !== undefined && shared.cache.bytes <= cacheLimitBytes) return shared;
  const source = yield* filled(run, phase, { start, cache, cacheLimitBytes, signal });
  // Anything but finished vectors means that the trunk is about to change.
  run.vectors = source.cache.kept === "vectors" ? source : undefined;
  return source;
}

/** The vectors of all texts by the trunk as it is. */
export async function* openVectors<T extends Tasks>(
  run: RunState<T>,
  phase: PhaseRef,
): AsyncGenerator<CacheEvent, VectorSource> {
  run.vectors ??= yield* filled(run, phase, {
    start: "pooled",
    cache: "memory",
    cacheLimitBytes: Number.POSITIVE_INFINITY,
    signal: run.settings.signal,
  });
  return run.vectors;
}

/** The work of a source from now on. */
export function workFromNow({ work }: VectorSource): TrunkWork {
  const { tokens, plainTokens } = work;
  return {
    get tokens() {
      return work.tokens - tokens;
    },
    get plainTokens() {
      return work.plainTokens - plainTokens;
    },
  };
}

async function* filled<T extends Tasks>(
  run: RunState<T>,
  phase: PhaseRef,
  options: VectorSourceOptions,
): AsyncGenerator<CacheEvent, VectorSource> {
  const { model, data } = run;
  const filling = fillVectorSource(model.encoder, data.table, options);
  for (;;) {
    const next = await filling.next();
    if (next.done) {
      run.sources.push(next.value);
      return next.value;
    }
    yield { type: "cache", phase, ...next.value };
    await run.pause();
  }
}
