import type { EncodeSettings, PoolingModule, WholeFloats } from "@espalier/checkpoint";
import type { Tokenizer } from "@espalier/tokenizer";
import type { Architecture } from "./architectures/architecture.ts";
import type { ParameterStore, ParameterValues } from "./parameter-store.ts";
import type { VectorStage } from "./vector-modules.ts";

/** Everything a sentence transformer is made of. */
export interface LoadedModel {
  /** Content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Which of its numbers are floats although they are whole; none by default. */
  readonly wholeFloats?: WholeFloats | undefined;
  readonly architecture: Architecture;
  readonly parameters: ParameterStore;
  readonly pooling: PoolingModule;
  /** What works on the pooled vector, in order. */
  readonly stages: readonly VectorStage[];
  readonly tokenizer: Tokenizer;
  readonly settings: EncodeSettings;
  /** Longest text in tokens, special tokens included; longer ones are cut. */
  readonly maxLengthTokens: number;
  /** Lowercase every text, whatever the tokenizer does. */
  readonly doLowerCase: boolean;
  /** Tensors of the checkpoint that the vectors do not need: saved again as they are. */
  readonly kept: ReadonlyMap<string, ParameterValues>;
}
