import { startTestBackend, testBackends } from "@espalier/backends/testing";
import { conformanceChecks } from "@espalier/ops/conformance";
import { beforeAll, describe, it } from "vitest";

// tfjs-backend-onnxruntime runs the same itself.
for (const backend of testBackends().filter((name) => name !== "onnxruntime")) {
  describe(`operations on ${backend}`, () => {
    beforeAll(() => startTestBackend(backend));
    for (const seed of [1, 2, 3]) {
      for (const { name, run } of conformanceChecks(seed)) it(`${name}, seed ${seed}`, run);
    }
  });
}
