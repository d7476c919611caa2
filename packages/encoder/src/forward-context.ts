import type { Rng } from "@espalier/core";

/** How a forward is to run. */
export interface ForwardContext {
  /** True switches dropout on. */
  readonly training: boolean;
  /** This step's random stream, needed when training with dropout: every site draws from a fork of its own. */
  readonly rng?: Rng;
}
