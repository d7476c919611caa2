import { startBackend } from "@espalier/backends";
import { SentenceTransformer } from "@espalier/encoder";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import type { OpenLibrary } from "./library.ts";

export type TensorflowJsName = "@tensorflow/tfjs-backend-wasm";

/** TensorFlow.js' own fast backend for Node: the same model, run operation by operation on one thread. */
export async function importTensorflowJs(): Promise<OpenLibrary> {
  await startBackend("wasm");
  return {
    version: version_wasm,
    async open({ directory }) {
      const model = await SentenceTransformer.load(directory);
      return async (texts) => {
        const { data, dimension } = await model.encode(texts);
        return texts.map((_, row) => data.subarray(row * dimension, (row + 1) * dimension));
      };
    },
  };
}
