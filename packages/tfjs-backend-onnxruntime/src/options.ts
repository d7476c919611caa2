import { totalmem } from "node:os";
import { didYouMean, EspalierError } from "@espalier/core";
import { EXECUTION_PROVIDERS, type ExecutionProvider } from "./execution-providers.ts";
import { physicalCores } from "./runtime/physical-cores.ts";

/** Settings of the backend; all have defaults. */
export interface BackendOptions {
  /** Threads of one operation. Default: the physical cores this process may use. */
  readonly threads?: number;
  /** Default `"cpu"`. */
  readonly executionProvider?: ExecutionProvider;
  /**
   * Treats numbers below 1.2e-38 as zero; with them, arithmetic is many times slower. Default true. It is a mode
   * of the processor and holds for the whole thread, JavaScript included.
   */
  readonly flushDenormals?: boolean;
  /**
   * Makes a result that is NaN or infinite an error that names the operation which made the first such number. Costs a
   * look at everything that leaves the graph, and then a second run. Default false.
   */
  readonly checkNumbers?: boolean;
  /** Compiled graphs that are kept. Default 64. */
  readonly maxSessions?: number;
  /**
   * What the intermediate results of the kept graphs, and the weights that `holdSteady` made part of them, may occupy, by
   * an upper bound. Default: a quarter of the machine's memory.
   */
  readonly maxSessionBytes?: number;
  /** The part of it that graphs may keep for themselves between runs; one larger than all others may anyway. Default 512 MiB. */
  readonly maxArenaBytes?: number;
  /** Output arrays kept for reuse. Default: an eighth of the machine's memory. */
  readonly maxPoolBytes?: number;
  /** Operations that may wait for a read before they run by themselves. Default 20,000. */
  readonly maxPendingOperations?: number;
}

export interface ResolvedOptions {
  readonly threads: number;
  readonly executionProvider: ExecutionProvider;
  readonly flushDenormals: boolean;
  readonly checkNumbers: boolean;
  readonly maxSessions: number;
  readonly maxBytes: number;
  readonly maxArenaBytes: number;
  readonly maxPoolBytes: number;
  readonly maxPendingOperations: number;
}

/** @throws {EspalierError} CONFIG_INVALID when a number is not a positive integer, or no provider has this name */
export function resolveOptions(options: BackendOptions): ResolvedOptions {
  const positive = (name: keyof BackendOptions, fallback: number): number => {
    const given = options[name];
    if (given === undefined) return fallback;
    if (Number.isSafeInteger(given) && (given as number) > 0) return given as number;
    throw new EspalierError("CONFIG_INVALID", `${name} is ${given}, expected a positive integer`);
  };
  return {
    threads: options.threads === undefined ? physicalCores() : positive("threads", 1),
    executionProvider: providerOf(options),
    flushDenormals: options.flushDenormals ?? true,
    checkNumbers: options.checkNumbers ?? false,
    maxSessions: positive("maxSessions", 64),
    maxBytes: positive("maxSessionBytes", Math.floor(totalmem() / 4)),
    maxArenaBytes: positive("maxArenaBytes", 512 * 2 ** 20),
    maxPoolBytes: positive("maxPoolBytes", Math.floor(totalmem() / 8)),
    maxPendingOperations: positive("maxPendingOperations", 20_000),
  };
}

function providerOf({ executionProvider = "cpu" }: BackendOptions): ExecutionProvider {
  if (EXECUTION_PROVIDERS.includes(executionProvider)) return executionProvider;
  const hint = didYouMean(executionProvider, EXECUTION_PROVIDERS);
  throw new EspalierError(
    "CONFIG_INVALID",
    `executionProvider is "${executionProvider}", expected one of ${EXECUTION_PROVIDERS.join(", ")}${hint}`,
  );
}
