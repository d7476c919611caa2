import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, it } from "vitest";
import { conformanceChecks } from "../src/conformance/index.ts";

for (const backend of ["cpu", "wasm"]) {
  describe(`operations on ${backend}`, () => {
    beforeAll(async () => {
      await tf.setBackend(backend);
    });
    for (const seed of [1, 2, 3]) {
      for (const { name, run } of conformanceChecks(seed)) it(`${name}, seed ${seed}`, run);
    }
  });
}
