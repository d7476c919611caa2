import { join } from "node:path";
import type { TrunkShape } from "./trunk-shape.ts";
import { type ModelOptions, writeModel } from "./write-model.ts";

/** Model directories by what is in them: many suites ask for the same one, and writing takes seconds. */
export interface ModelStore {
  /** @returns a directory as `writeModel` makes it, which nobody may change */
  directoryOf(shape: TrunkShape, options?: ModelOptions): Promise<string>;
}

/** @param directory where the models go, one below the other */
export function createModelStore(directory: string): ModelStore {
  const written = new Map<string, Promise<string>>();
  return {
    directoryOf(shape, options = {}) {
      const { name: _, batch: __, lengthTokens: ___, ...weights } = shape;
      const key = JSON.stringify([weights, options]);
      const path = join(directory, `model-${written.size + 1}`);
      const found = written.get(key) ?? writeModel(path, shape, options).then(() => path);
      written.set(key, found);
      return found;
    },
  };
}
