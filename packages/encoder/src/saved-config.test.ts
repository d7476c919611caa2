import { expect, it } from "vitest";
import { architectureOf } from "./architectures/architectures.ts";
import { savedConfig } from "./saved-config.ts";

const SIZES = {
  ...{ hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 },
  vocab_size: 10,
};

it("says what is saved, and keeps all else", () => {
  const config = {
    model_type: "bert",
    ...SIZES,
    torch_dtype: "float16",
    architectures: ["BertForMaskedLM"],
    x: 1,
  };
  expect(savedConfig(config, architectureOf(config, "config.json"))).toEqual({
    ...config,
    torch_dtype: "float32",
    architectures: ["BertModel"],
  });
});

it("collects everything that is wrong with a config", () => {
  const config = { model_type: "bert", ...SIZES, hidden_size: "8", hidden_act: "gelo" };
  expect(() => architectureOf(config, "a/config.json")).toThrow(
    /a\/config.json: hidden_size is "8".*\n.*hidden_act is "gelo".*did you mean "gelu"/,
  );
  const relative = { model_type: "bert", ...SIZES, position_embedding_type: "relative_key" };
  expect(() => architectureOf(relative, "c")).toThrow("position_embedding_type");
  const decoder = { model_type: "bert", ...SIZES, is_decoder: true };
  expect(() => architectureOf(decoder, "c")).toThrow("is_decoder");
  const buckets = { model_type: "mpnet", ...SIZES, relative_attention_num_buckets: 64 };
  expect(() => architectureOf(buckets, "c")).toThrow("c: relative_attention_num_buckets is 64");
  const short = { model_type: "roberta", ...SIZES, pad_token_id: 9, max_position_embeddings: 10 };
  expect(() => architectureOf(short, "c")).toThrow(
    "c: max_position_embeddings is 10, expected more than 10: texts start behind pad_token_id 9",
  );
  expect(() => architectureOf({ model_type: "gpt2" }, "c")).toThrow(
    'c: model_type "gpt2" is not supported; supported are bert, distilbert, modernbert, mpnet, roberta, xlm-roberta, use-lite',
  );
});
