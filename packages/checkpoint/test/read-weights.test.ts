import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeSafetensors, readFloat32, readWeights } from "@espalier/checkpoint";
import { expect, it } from "vitest";
import {
  type PackedDirectory,
  packedDirectories,
  temporaryFolder,
  unpackDirectory,
} from "./unpack-directory.ts";

const bad = packedDirectories("bad-directories");
const unpack = (name: string) => unpackDirectory(bad[name] as PackedDirectory);

const scalar = (value: number) =>
  ({ dtype: "F32", shape: [], data: Float32Array.of(value) }) as const;

async function sharded(weightMap: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(
    join(folder, "one.safetensors"),
    encodeSafetensors({ a: scalar(1), b: scalar(2) }),
  );
  await writeFile(join(folder, "two.safetensors"), encodeSafetensors({ c: scalar(3) }));
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ metadata: { total_size: 12 }, weight_map: weightMap }),
  );
  return folder;
}

it("reads a single file", async () => {
  const weights = await readWeights(await unpack("checkpoints/valid"));
  expect(weights.tensors.size).toBe(23);
  expect(readFloat32(weights, "embeddings.word_embeddings.weight", [12, 8])).toHaveLength(96);
});

it("joins shards", async () => {
  const weights = await readWeights(
    await sharded({ a: "one.safetensors", b: "one.safetensors", c: "two.safetensors" }),
  );
  expect([..."abc"].map((name) => readFloat32(weights, name)[0])).toEqual([1, 2, 3]);
  expect(weights.metadata).toEqual({ format: "pt" });
});

it("refuses shards that do not agree with the index", async () => {
  await expect(
    readWeights(await sharded({ a: "one.safetensors", c: "two.safetensors" })),
  ).rejects.toThrow(/one\.safetensors: holds tensor "b", which .* does not list/);
  await expect(
    readWeights(
      await sharded({ a: "one.safetensors", b: "two.safetensors", c: "two.safetensors" }),
    ),
  ).rejects.toThrow(/one\.safetensors: holds tensor "b", which .* places in two\.safetensors/);
  await expect(
    readWeights(
      await sharded({
        a: "one.safetensors",
        b: "one.safetensors",
        c: "two.safetensors",
        d: "two.safetensors",
      }),
    ),
  ).rejects.toThrow(/two\.safetensors: tensor "d" is missing/);
});

it("names a shard that is missing, and does not follow a path", async () => {
  await expect(readWeights(await unpack("checkpoints/shard-missing"))).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: expect.stringContaining("model-00002-of-00002.safetensors"),
  });
  await expect(readWeights(await unpack("checkpoints/shard-path-traversal"))).rejects.toMatchObject(
    {
      code: "FILE_INVALID",
      message: expect.stringContaining('"../valid/model.safetensors"'),
    },
  );
});

it("names what is missing or of another shape or dtype", async () => {
  const name = "encoder.layer.0.attention.self.query.bias";
  const missing = await readWeights(await unpack("checkpoints/weights-missing-tensor"));
  expect(() => readFloat32(missing, name)).toThrow(`tensor "${name}" is missing`);
  const output = "encoder.layer.0.output.dense.weight";
  const transposed = await readWeights(await unpack("checkpoints/weights-wrong-shape"));
  const shape = transposed.tensors.get(output)?.shape ?? [];
  expect(() => readFloat32(transposed, output, [...shape].reverse())).toThrow(
    `tensor "${output}" has shape [${shape.join(", ")}], expected [${[...shape].reverse().join(", ")}]`,
  );
  const integers = await readWeights(await unpack("checkpoints/weights-integer"));
  expect(() => readFloat32(integers, output)).toThrow(`tensor "${output}" has dtype I64`);
});

it("says how to convert a pickle, and what is missing otherwise", async () => {
  const folder = await unpack("checkpoints/weights-missing");
  await expect(readWeights(folder)).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: expect.stringContaining(join(folder, "model.safetensors")),
  });
  await writeFile(join(folder, "pytorch_model.bin"), "");
  await expect(readWeights(folder)).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("save_pretrained"),
  });
});
