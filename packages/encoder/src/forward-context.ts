import type { RandomStream } from "@espalier/ops";
import type { ActiveRows } from "./active-rows.ts";

/** How a forward is to run. */
export interface ForwardContext {
  /** True switches dropout on. */
  readonly training: boolean;
  /** This step's random stream, needed when training with dropout: every site draws from a fork of its own. */
  readonly rng?: RandomStream;
  /** Rows of the word table to read instead of the model's own. */
  readonly activeRows?: ActiveRows;
}
