import type { PeerProcess } from "../peers/peer-process.ts";
import type { EncodeWork } from "../workloads/encode-work.ts";
import type { ModelStore } from "../workloads/model-store.ts";
import type { Findings } from "./findings.ts";

/** What a suite may use. */
export interface SuiteContext {
  readonly backend: string;
  readonly threads: number;
  /** Counted rounds. */
  readonly rounds: number;
  /** Rounds before them that are not counted. */
  readonly warmup: number;
  readonly quick: boolean;
  /** Quiet time before each contender's round. */
  readonly pauseMs: number;
  /** A real model to encode with. */
  readonly modelDirectory: string | undefined;
  /** A user's own texts to encode, instead of made-up ones. */
  readonly texts: EncodeWork | undefined;
  /** How many of the 3,000 sentences to fine-tune on; undefined leaves it to the suite. */
  readonly sentences: number | undefined;
  /** Also time PyTorch under `torch.compile`. */
  readonly compile: boolean;
  /** Models with random weights. */
  readonly models: ModelStore;
  /** Emptied when the run ends. */
  readonly temporaryDirectory: string;
  readonly signal: AbortSignal;
  /**
   * The Python peer, started when first asked for and again after it ended.
   * @throws {EspalierError} BACKEND_UNAVAILABLE with the reason when there is none
   */
  python(): Promise<PeerProcess>;
  /**
   * Another Python peer that nothing has been asked of; the caller stops it.
   * @throws {EspalierError} as `python`
   */
  freshPython(): Promise<PeerProcess>;
  /** Notes versions of libraries that took part, for the report. */
  recordVersions(versions: Readonly<Record<string, string>>): void;
  /** A line about what is going on; the suite is named by itself. */
  progress(line: string): void;
}

/** A group of measurements that belong together. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** Free memory without which it is left out, full and quick. Default: runs in any. */
  readonly needsBytes?: { readonly full: number; readonly quick: number } | undefined;
  run(context: SuiteContext): Promise<Findings>;
}
