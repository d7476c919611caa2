import {
  covers,
  type DimensionPattern,
  fixedDimensions,
  widened,
} from "../graph/dimension-pattern.ts";
import type { ShapeFeed } from "../graph/emit-model.ts";
import { intermediateBytes } from "../graph/intermediate-bytes.ts";
import type { Launch, Plan } from "../graph/plan.ts";
import { sameNumbers } from "../graph/same-numbers.ts";
import type { NativeSession } from "./ort-binding.ts";

/** A graph that is ready to run. */
export interface CompiledGraph {
  readonly session: NativeSession;
  readonly shapeFeeds: readonly ShapeFeed[];
}

/** Compiled graphs by structure, least recently used first out. */
export interface SessionCache {
  /**
   * The graph of this structure, if its pattern covers the plan's dimensions. Undefined also where compiling it again gives it an
   * arena: when it runs on and on without one, and others keep theirs that have not been used since.
   */
  get(launch: Launch): CompiledGraph | undefined;
  /** What a graph has to cover that is compiled for this plan: its dimensions, and all of this structure met so far. */
  patternFor(plan: Plan): DimensionPattern;
  /**
   * Whether a new session may keep an arena of its own between runs. Arenas save page faults but are never shared nor
   * shrunk, so a program with many graphs would hold one each: those past the limit go through malloc, whose
   * memory serves all of them.
   */
  allowsArena(plan: Plan): boolean;
  /** Keeps a graph, in place of an earlier one of the same structure. */
  add(
    plan: Plan,
    graph: CompiledGraph,
    options: { readonly pattern: DimensionPattern; readonly arena: boolean },
  ): void;
  readonly size: number;
  /** Upper bound of what the sessions hold: intermediate results, and weights that are part of their graphs. */
  readonly bytes: number;
  clear(): void;
}

export interface SessionCacheLimits {
  readonly maxSessions: number;
  /** Each session keeps the memory of its intermediate results, and of the weights that are part of its graph. */
  readonly maxBytes: number;
  /** What the arenas may hold together, by the same bound; a session larger than all others together has one anyway. */
  readonly maxArenaBytes: number;
}

interface Entry {
  readonly hash: number;
  readonly key: Int32Array;
  readonly steady: Int32Array;
  readonly pattern: DimensionPattern;
  readonly graph: CompiledGraph;
  /** Of the dimensions it was compiled for. */
  readonly intermediateBytes: number;
  readonly constantBytes: number;
  readonly arena: boolean;
  /** Since it was compiled. */
  runs: number;
  /** The uses of all graphs that were counted when it was compiled, and when it was used last. */
  readonly firstUse: number;
  lastUse: number;
  /** True from when it is to be compiled again, with an arena, until it is. */
  isReplaced: boolean;
}

/** After so many runs without an arena a graph gets one if it can: compiling costs as much as a few runs gain. */
const RUNS_BEFORE_ARENA = 8;

export function createSessionCache(limits: SessionCacheLimits): SessionCache {
  // A Set keeps the order of insertion: the first entry is the one that was used longest ago.
  const order = new Set<Entry>();
  const byHash = new Map<number, Entry[]>();
  let bytes = 0;
  let uses = 0;
  const arenaBytes = (): number => {
    let sum = 0;
    for (const entry of order) if (entry.arena) sum += entry.intermediateBytes;
    return sum;
  };
  const find = ({ hash, key, steady }: Launch): Entry | undefined =>
    byHash
      .get(hash)
      ?.find((entry) => sameNumbers(entry.key, key) && sameNumbers(entry.steady, steady));
  /** One of the same structure, whatever its constants. */
  const findRelated = (plan: Plan): Entry | undefined =>
    byHash.get(plan.hash)?.findLast((entry) => sameNumbers(entry.key, plan.key));
  const remove = (entry: Entry): void => {
    const { hash } = entry;
    order.delete(entry);
    const rest = byHash.get(hash)?.filter((other) => other !== entry) ?? [];
    if (rest.length > 0) byHash.set(hash, rest);
    else byHash.delete(hash);
    bytes -= bytesOf(entry);
    entry.graph.session.dispose();
  };
  /** The largest graph matters most, however many small ones came before it. */
  const fits = (needed: number, held: number): boolean =>
    needed >= held || held + needed <= limits.maxArenaBytes;
  /** Gives up graphs with arenas that have not been used since this one was compiled. @returns whether it can have one now */
  const makeRoom = (entry: Entry): boolean => {
    const stale = [...order].filter(({ arena, lastUse }) => arena && lastUse < entry.firstUse);
    const sum = stale.reduce((total, { intermediateBytes }) => total + intermediateBytes, 0);
    if (!fits(entry.intermediateBytes, arenaBytes() - sum)) return false;
    for (const other of stale) {
      if (fits(entry.intermediateBytes, arenaBytes())) break;
      remove(other);
    }
    return true;
  };
  return {
    get(launch) {
      const entry = find(launch);
      if (entry === undefined || !covers(entry.pattern, launch.dimensions)) return undefined;
      entry.lastUse = ++uses;
      entry.runs++;
      if (!entry.arena && entry.runs === RUNS_BEFORE_ARENA) entry.isReplaced = makeRoom(entry);
      if (entry.isReplaced) return undefined;
      order.delete(entry);
      order.add(entry);
      return entry.graph;
    },
    patternFor(plan) {
      const entry = find(plan) ?? findRelated(plan);
      return entry === undefined
        ? fixedDimensions(plan.dimensions)
        : widened(entry.pattern, plan.dimensions);
    },
    allowsArena(plan) {
      const replaced = find(plan);
      const held = arenaBytes() - (replaced?.arena ? replaced.intermediateBytes : 0);
      return fits(intermediateBytes(plan), held);
    },
    add(plan, graph, { pattern, arena }) {
      const replaced = find(plan);
      if (replaced !== undefined) remove(replaced);
      const { hash, key, steady } = plan;
      uses++;
      const entry = {
        ...{ hash, key, steady, pattern, graph, arena },
        intermediateBytes: Math.max(intermediateBytes(plan), replaced?.intermediateBytes ?? 0),
        constantBytes: constantBytes(plan),
        ...{ runs: 0, firstUse: uses, lastUse: uses, isReplaced: false },
      };
      while (
        order.size > 0 &&
        (order.size >= limits.maxSessions || bytes + bytesOf(entry) > limits.maxBytes)
      ) {
        remove(order.values().next().value as Entry);
      }
      order.add(entry);
      byHash.set(hash, [...(byHash.get(hash) ?? []), entry]);
      bytes += bytesOf(entry);
    },
    get size() {
      return order.size;
    },
    get bytes() {
      return bytes;
    },
    clear() {
      for (const entry of [...order]) remove(entry);
    },
  };
}

function bytesOf(entry: Entry): number {
  return entry.intermediateBytes + entry.constantBytes;
}

/** The runtime keeps a weight of a graph as it is or packed, not both. */
function constantBytes(plan: Plan): number {
  let bytes = 0;
  for (const constant of plan.constants) bytes += constant.size * 4;
  return bytes;
}
