import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import type { Architecture } from "./architectures/architecture.ts";
import { distilbert } from "./architectures/distilbert.ts";
import { forwardFlops } from "./forward-flops.ts";
import { ParameterStore } from "./parameter-store.ts";

const [D, F, B, T] = [8, 32, 3, 5];
const config = {
  ...{ dim: D, n_layers: 2, n_heads: 2, hidden_dim: F, vocab_size: 50 },
  max_position_embeddings: 16,
};

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function flops(modes: ["cls"] | ["mean"]): { total: number; attention: readonly number[] } {
  const architecture: Architecture = distilbert(config, "config.json");
  const parameters = new ParameterStore();
  for (const { name, shape, group, layer } of architecture.parameters)
    parameters.add(layer === undefined ? { name, group } : { name, group, layer }, {
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
  const model = { architecture, parameters, pooling: { modes, includePrompt: true } as never };
  const { byParameter, attention } = forwardFlops(model, { texts: B, tokens: B * T });
  parameters.dispose();
  const total = Object.values(byParameter).reduce((sum, value) => sum + value, 0);
  return { total, attention };
}

it("counts every product of every token", () => {
  const layer = 2 * B * T * (4 * D * D + 2 * D * F);
  expect(flops(["mean"])).toEqual({
    total: 2 * layer,
    attention: [4 * D * B * T * T, 4 * D * B * T * T],
  });
});

it("counts the last layer for one token a text where no other is read", () => {
  const below = 2 * B * T * (4 * D * D + 2 * D * F);
  const last = 2 * B * T * 2 * D * D + 2 * B * (2 * D * D + 2 * D * F);
  expect(flops(["cls"])).toEqual({
    total: below + last,
    attention: [4 * D * B * T * T, 4 * D * B * T],
  });
});
