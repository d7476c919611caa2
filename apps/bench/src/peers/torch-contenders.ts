import type { SuiteContext } from "../suites/suite.ts";

/** PyTorch as it comes, and under `torch.compile` where that was asked for. */
export function torchContenders({
  compile,
}: Pick<SuiteContext, "compile">): { contender: string; compile: boolean }[] {
  const plain = { contender: "PyTorch", compile: false };
  return compile ? [plain, { contender: "PyTorch compiled", compile }] : [plain];
}
