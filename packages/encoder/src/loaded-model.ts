import type { EncodeSettings, PoolingModule } from "@espalier/checkpoint";
import type { Tokenizer } from "@espalier/tokenizer";
import type { Architecture } from "./architectures/architecture.ts";
import type { ParameterStore } from "./parameter-store.ts";
import type { VectorStage } from "./vector-modules.ts";

/** Everything a sentence transformer is made of. */
export interface LoadedModel {
  /** What the user called it: a directory, a Hub name or `use-lite`. */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly architecture: Architecture;
  readonly parameters: ParameterStore;
  readonly pooling: PoolingModule;
  readonly stages: readonly VectorStage[];
  readonly tokenizer: Tokenizer;
  readonly settings: EncodeSettings;
  /** Longest text in tokens, special tokens included; longer ones are cut. */
  readonly maxLengthTokens: number;
  readonly doLowerCase: boolean;
  /** Tensors of the checkpoint that the sentence vector does not need but other programs may: kept when saving. */
  readonly kept: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float32Array }
  >;
}
