import { readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startTestBackend } from "@espalier/backends/testing";
import { readSafetensors, type SafetensorsEntries, writeSafetensors } from "@espalier/checkpoint";
import { SentenceTransformer } from "@espalier/encoder";
import { beforeAll, expect, it } from "vitest";
import { expectClose, fixture, golden, goldens } from "./golden.ts";
import { temporaryFolder } from "./temporary-folder.ts";

interface Variant {
  config: { model_type: string };
  /** What the published file holds, by its names. */
  tensors: Record<string, { dtype: string; shape: number[]; file: string }>;
  /** Tokens of the first texts. */
  rows: number[];
}

const variants: Record<string, Variant> = JSON.parse(
  readFileSync(fixture("variants.json"), "utf8"),
);
const states = goldens("variants.safetensors");

beforeAll(() => startTestBackend());

it.each(Object.keys(variants))("%s: the states of the reference", async (name) => {
  const variant = variants[name] as Variant;
  const base = variant.config.model_type === "bert" ? "tiny-bert" : "tiny-distilbert";
  const model = await SentenceTransformer.load(await build(name, variant, base));
  const { texts } = JSON.parse(readFileSync(fixture("models", base, "golden.json"), "utf8"));
  const encodings = variant.rows.map((_, i) =>
    model.tokenizer.encode(texts[i], { maxLengthTokens: 32 }),
  );
  expect(encodings.map(({ ids }) => ids.length)).toEqual(variant.rows);
  const last = model.states(model.collate(encodings), { training: false }, 1);
  const actual = await last.data();
  const wanted = golden(states, name).data;
  expectClose(actual.subarray(0, wanted.length), wanted, { atol: 1e-5, rtol: 1e-4 });

  // Saved in the plain form: float32, base class, no training head, the same vectors.
  const vectors = await model.encode(texts);
  const folder = join(await temporaryFolder(), "saved");
  await model.save(folder);
  const { architectures, dtype } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  expect(architectures).toEqual([base === "tiny-bert" ? "BertModel" : "DistilBertModel"]);
  expect(dtype ?? "float32").toBe("float32");
  const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
  expect(new Set([...tensors.values()].map((tensor) => tensor.dtype))).toEqual(new Set(["F32"]));
  const again = await SentenceTransformer.load(folder);
  expect([...again.parameters.names(), ...keptNames(variant)].sort()).toEqual(
    [...tensors.keys()].sort(),
  );
  expect((await again.encode(texts)).data).toEqual(vectors.data);
  last.dispose();
  model.dispose();
  again.dispose();
});

/** BERT's pooler is not needed for the vectors, but other programs expect it. */
function keptNames({ tensors }: Variant): string[] {
  return Object.keys(tensors)
    .map((name) => name.replace(/^bert\./, ""))
    .filter((name) => name.startsWith("pooler."));
}

/** The variants hold the numbers of the base model, under other names, in several files, or rounded. */
async function build(name: string, variant: Variant, base: string): Promise<string> {
  const folder = await temporaryFolder();
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(fixture("models", base, file), join(folder, file));
  await writeFile(join(folder, "config.json"), JSON.stringify(variant.config));
  if (name.endsWith("16")) {
    await copyFile(fixture(`${name}.safetensors`), join(folder, "model.safetensors"));
    return folder;
  }
  const source = goldens("models", base, "model.safetensors");
  const files = new Map<string, SafetensorsEntries>();
  for (const [tensor, { dtype, shape, file }] of Object.entries(variant.tensors)) {
    const canonical = tensor
      .replace(/^(bert|distilbert)\./, "")
      .replace(".gamma", ".weight")
      .replace(".beta", ".bias");
    const size = shape.reduce((product, axis) => product * axis, 1);
    const entry =
      dtype === "I64"
        ? { dtype: "I64" as const, shape, data: new BigInt64Array(size) }
        : {
            dtype: "F32" as const,
            shape,
            data: (source.get(canonical)?.data ??
              new Float32Array(size)) as Float32Array<ArrayBuffer>,
          };
    files.set(file, { ...files.get(file), [tensor]: entry });
  }
  for (const [file, tensors] of files) await writeSafetensors(join(folder, file), { tensors });
  if (files.size > 1) {
    const weight_map = Object.fromEntries(
      Object.entries(variant.tensors).map(([tensor, { file }]) => [tensor, file]),
    );
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
  }
  return folder;
}
