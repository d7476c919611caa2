import { expect, it } from "vitest";
import { readModernBertConfig } from "./modernbert-config.ts";

const SIZES = {
  hidden_size: 48,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  intermediate_size: 56,
  vocab_size: 1000,
};
const LAYERS = [
  { theta: 160_000, reach: undefined },
  { theta: 10_000, reach: 8 },
  { theta: 10_000, reach: 8 },
  { theta: 160_000, reach: undefined },
];

it.each<[string, Record<string, unknown>]>([
  [
    "transformers 5",
    {
      layer_types: ["full", "sliding", "sliding", "full"].map((kind) => `${kind}_attention`),
      rope_parameters: {
        full_attention: { rope_theta: 160_000, rope_type: "default" },
        sliding_attention: { rope_theta: 10_000, rope_type: "default" },
      },
    },
  ],
  [
    "transformers 4",
    { global_attn_every_n_layers: 3, global_rope_theta: 160_000, local_rope_theta: 10_000 },
  ],
  ["neither", {}],
])("reads the layers as %s writes them", (_, fields) => {
  const config = { ...SIZES, local_attention: 16, ...fields };
  expect(readModernBertConfig(config, "c").layers).toEqual(LAYERS);
});

it.each<[string, Record<string, unknown>]>([
  ["layer_types", { layer_types: ["full_attention"] }],
  ["rope_scaling", { rope_scaling: { type: "yarn" } }],
  [
    "rope_parameters.full_attention.rope_type",
    {
      rope_parameters: {
        full_attention: { rope_theta: 1, rope_type: "yarn" },
        sliding_attention: { rope_theta: 1 },
      },
    },
  ],
  ["hidden_size", { num_attention_heads: 16 }],
])("refuses a bad %s by name", (field, fields) => {
  expect(() => readModernBertConfig({ ...SIZES, ...fields }, "c")).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`c: ${field} is `),
    }),
  );
});
