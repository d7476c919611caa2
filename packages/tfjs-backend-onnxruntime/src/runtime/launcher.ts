import { bigInts } from "../graph/constant.ts";
import { failure } from "../graph/describe-plan.ts";
import { emitModel, valueName } from "../graph/emit-model.ts";
import { createKnownLaunches } from "../graph/known-launches.ts";
import { type Launch, type Plan, planLaunch, withOutputs } from "../graph/plan.ts";
import { dataOf, type HostArray, newArray, settle, type Value } from "../graph/value.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { expectNumbers } from "./number-guard.ts";
import type { NativeTensor, OrtBinding } from "./ort-binding.ts";
import { runInPlace } from "./run-in-place.ts";
import type { CompiledGraph, SessionCache } from "./session-cache.ts";

/** What the backend has done so far. */
export interface LaunchStats {
  /** Graphs compiled, and the milliseconds that took. */
  compiles: number;
  compileMs: number;
  /** Graphs run, and the milliseconds inside ONNX Runtime. */
  launches: number;
  runMs: number;
  /** Milliseconds spent on ordering recorded operations and looking up their graph. */
  planMs: number;
  /** Bytes that went out of the runtime into host arrays. */
  fetchedBytes: number;
}

/** Computes recorded values. */
export interface Launcher {
  /**
   * Computes the targets, and with them whatever is held and would otherwise need the same work again.
   * @param places arrays that outputs are written to, instead of arrays of the pool
   * @throws {EspalierError} BACKEND_FAILED naming the operation; nothing is lost, other values can still be computed.
   * NOT_FINITE naming the operation, where numbers are checked
   */
  launch(targets: readonly Value[], pending: Set<Value>, places?: Map<Value, HostArray>): void;
  readonly stats: LaunchStats;
}

export interface LauncherParts {
  readonly binding: OrtBinding;
  /** Options of a session with or without an arena of its own. */
  readonly sessionOptions: (arena: boolean) => object;
  readonly sessions: SessionCache;
  readonly pool: BufferPool;
  /** Whether a result that is not a number is an error, see `expectNumbers`. */
  readonly checkNumbers: boolean;
}

export function createLauncher(parts: LauncherParts): Launcher {
  const { sessions, pool } = parts;
  const stats: LaunchStats = {
    compiles: 0,
    compileMs: 0,
    launches: 0,
    runMs: 0,
    planMs: 0,
    fetchedBytes: 0,
  };

  const known = createKnownLaunches();

  const compile = (plan: Plan): CompiledGraph => {
    const start = performance.now();
    const pattern = sessions.patternFor(plan);
    const { bytes: model, shapeFeeds } = emitModel(plan, pattern);
    const arena = sessions.allowsArena(plan);
    const session = new parts.binding.InferenceSession();
    try {
      session.loadModel(
        model.buffer,
        model.byteOffset,
        model.byteLength,
        parts.sessionOptions(arena),
      );
    } catch (cause) {
      throw failure("compiling", plan, cause as Error);
    }
    const graph = { session, shapeFeeds };
    sessions.add(plan, graph, { pattern, arena });
    stats.compiles++;
    stats.compileMs += performance.now() - start;
    return graph;
  };

  /** Runs a graph; its outputs are written to the arrays. */
  const execute = (launch: Launch, graph: CompiledGraph, arrays: readonly HostArray[]): void => {
    const { session, shapeFeeds } = graph;
    const start = performance.now();
    const feeds: Record<string, NativeTensor> = {};
    for (const feed of launch.feeds) {
      if (!launch.constants.has(feed)) feeds[valueName(feed)] = nativeTensor(feed, dataOf(feed));
    }
    for (const { name, positions } of shapeFeeds) {
      const data = bigInts(positions.map((position) => launch.dimensions[position] as number));
      feeds[name] = { type: "int64", data, dims: [data.length], location: "cpu" };
    }
    const fetches: Record<string, NativeTensor> = {};
    launch.outputs.forEach((output, i) => {
      fetches[valueName(output)] = nativeTensor(output, arrays[i] as HostArray);
    });
    runInPlace(session, feeds, fetches);
    for (const { byteLength } of arrays) stats.fetchedBytes += byteLength;
    stats.launches++;
    stats.runMs += performance.now() - start;
  };

  /** Runs a graph, its outputs written to their places or to arrays of the pool. */
  const runOutputs = (
    launch: Launch,
    graph: CompiledGraph,
    places: Map<Value, HostArray> | undefined,
  ): void => {
    const arrays = launch.outputs.map(
      (output) => places?.get(output) ?? pool.take(output.dtype, output.size),
    );
    try {
      execute(launch, graph, arrays);
    } catch (error) {
      launch.outputs.forEach((output, i) => {
        if (!places?.has(output)) pool.give(output.dtype, arrays[i] as HostArray);
      });
      throw error;
    }
    launch.outputs.forEach((output, i) => {
      settle(output, arrays[i] as HostArray, places?.has(output) ? "resident" : "pool");
    });
  };

  const run = (plan: Plan, places: Map<Value, HostArray> | undefined): void => {
    const graph = sessions.get(plan) ?? compile(plan);
    try {
      runOutputs(plan, graph, places);
    } catch (cause) {
      throw failure("running", plan, cause as Error);
    }
    if (parts.checkNumbers) {
      expectNumbers(plan, (outputs) => {
        const values = outputs.map(({ dtype, size }) => newArray(dtype, size));
        const all = { ...plan, ...withOutputs(plan, outputs) };
        execute(all, sessions.get(all) ?? compile(all), values);
        return values;
      });
    }
  };

  /** @returns false where the launch has to be planned: it is a new one, or it failed and the error has to name an operation */
  const runAgain = (
    targets: readonly Value[],
    pending: ReadonlySet<Value>,
    places: Map<Value, HostArray> | undefined,
  ): boolean => {
    if (parts.checkNumbers) return false;
    const start = performance.now();
    const launch = known.find(targets, pending);
    const graph = launch && sessions.get(launch);
    stats.planMs += performance.now() - start;
    if (launch === undefined || graph === undefined) return false;
    try {
      runOutputs(launch, graph, places);
      return true;
    } catch {
      return false;
    }
  };

  return {
    stats,
    launch(targets, pending, places) {
      if (runAgain(targets, pending, places)) return;
      const start = performance.now();
      const plan = known.remember(targets, pending, () => planLaunch(targets, pending));
      stats.planMs += performance.now() - start;
      try {
        run(plan, places);
      } catch (error) {
        // Perhaps something that nobody asked for yet is at fault.
        const ran = plan.outputs.every((output) => output.data !== undefined);
        if (ran || plan.outputs.length <= targets.length) throw error;
        run(planLaunch(targets, targets), places);
      }
    },
  };
}

function nativeTensor(value: Value, data: HostArray): NativeTensor {
  return { type: value.dtype, data, dims: value.shape, location: "cpu" };
}
