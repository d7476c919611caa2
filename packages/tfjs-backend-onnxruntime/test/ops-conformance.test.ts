import { kernels, trainingBackend } from "@espalier/ops";
import { conformanceChecks } from "@espalier/ops/conformance";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { BACKEND_NAME, registerOnnxruntimeBackend } from "../src/index.ts";

describe("fused operations with native kernels", () => {
  beforeAll(async () => {
    registerOnnxruntimeBackend({ threads: 1 });
    await tf.setBackend(BACKEND_NAME);
  });

  it("has every kernel and the optimizer, so that nothing below is composed", () => {
    const names = Object.values(kernels);
    expect(names.length).toBeGreaterThan(9);
    for (const name of names) expect(tf.getKernel(name, BACKEND_NAME)?.kernelName).toBe(name);
    expect(trainingBackend(tf.backend())).toBeDefined();
  });

  for (const seed of [1, 2, 3]) {
    for (const { name, run } of conformanceChecks(seed)) it(`${name}, seed ${seed}`, run);
  }
});
