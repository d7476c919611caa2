import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createModelStore } from "./model-store.ts";
import { SMALL_SHAPE, type TrunkShape } from "./trunk-shape.ts";

const shape: TrunkShape = { ...SMALL_SHAPE, width: 8, heads: 2, feedForward: 16, vocabulary: 40 };

it("writes a model once, whatever its batches are, and others for other weights", async () => {
  const directory = await mkdtemp(join(tmpdir(), "bench-models-"));
  const models = createModelStore(directory);
  const first = await models.directoryOf(shape);
  expect(await models.directoryOf({ ...shape, name: "other", batch: 2, lengthTokens: 3 })).toBe(
    first,
  );
  const others = await Promise.all([
    models.directoryOf({ ...shape, layers: 1 }),
    models.directoryOf({ ...shape, tasks: 3 }),
    models.directoryOf(shape, { dropout: 0.1 }),
  ]);
  expect(new Set([first, ...others]).size).toBe(4);
  expect((await readdir(directory)).length).toBe(4);
  expect(await readdir(first)).toContain("model.safetensors");
  await rm(directory, { recursive: true });
});
