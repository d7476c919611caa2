import { startTestBackend } from "@espalier/backends/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { createOptimizer } from "../src/optimizer-config.ts";

it("decays matrices and tables, of a task called bias too, and neither vectors nor a table of biases", async () => {
  await startTestBackend("cpu");
  const shapes = {
    "encoder.layer.0.output.dense.weight": [2, 2],
    "encoder.layer.0.output.dense.bias": [2],
    "encoder.layer.0.output.LayerNorm.weight": [2],
    "encoder.relative_attention_bias.weight": [2, 2],
    "heads.bias.weight": [2, 2],
  };
  const parameters = Object.entries(shapes).map(([name, shape]) => ({
    path: {
      name,
      group: name.startsWith("heads.") ? ("head" as const) : ("encoder" as const),
      size: 4,
    },
    variable: tf.variable(tf.ones(shape)),
  }));
  const optimizer = createOptimizer({ kind: "adamw", weightDecay: 0.5 }, parameters, "off");
  const nothing = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.zeros(shape)]),
  );
  optimizer.step(nothing, 0.1);
  const first = parameters.map(({ variable }) => variable.dataSync()[0]);
  expect(first).toEqual([Math.fround(0.95), 1, 1, 1, Math.fround(0.95)]);
  optimizer.dispose();
});
