import { register } from "node:module";
import { basename, dirname } from "node:path";
import type { OpenLibrary } from "./library.ts";

/** The two releases of transformers.js that are in use. */
export type TransformersJsName = "@xenova/transformers" | "@huggingface/transformers";

/** What is used of either library. */
interface TransformersJs {
  readonly env: { readonly version: string; allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: string, model: string, options: object): Promise<Extractor>;
}

type Extractor = (
  texts: readonly string[],
  options: { pooling: string; normalize: boolean },
) => Promise<{ data: Float32Array; dims: readonly number[] }>;

/** Imports a library; its `feature-extraction` pipeline is opened as its users do. */
export async function importTransformersJs(name: TransformersJsName): Promise<OpenLibrary> {
  register("./library-hooks.js", import.meta.url);
  const { env, pipeline } = (await import(name)) as unknown as TransformersJs;
  return {
    version: env.version,
    async open({ directory, pooling, normalize, threads }) {
      env.allowRemoteModels = false;
      env.localModelPath = `${dirname(directory)}/`;
      const options =
        name === "@xenova/transformers"
          ? { quantized: false }
          : { dtype: "fp32", device: "cpu", session_options: { intraOpNumThreads: threads } };
      const extract = await pipeline("feature-extraction", basename(directory), options);
      return async (texts) => {
        const { data, dims } = await extract(texts, { pooling, normalize });
        const width = dims.at(-1) as number;
        return texts.map((_, row) => data.subarray(row * width, (row + 1) * width));
      };
    },
  };
}
