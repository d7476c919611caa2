import "@tensorflow/tfjs-backend-cpu";
import { getKernelsForBackend } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { FALLBACK_KERNELS } from "../src/fallback/fallback-kernels.ts";
import { NATIVE_KERNELS } from "../src/kernels/register-kernels.ts";

const native = NATIVE_KERNELS.map(({ name }) => name);

it("no kernel is there twice, so none that is native runs on the host", () => {
  const names = [...native, ...FALLBACK_KERNELS];
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

it("what the cpu backend can do, this one can", () => {
  const names = new Set([...native, ...FALLBACK_KERNELS]);
  const missing = getKernelsForBackend("cpu").filter(({ kernelName }) => !names.has(kernelName));
  expect(missing.map(({ kernelName }) => kernelName)).toEqual([]);
});
