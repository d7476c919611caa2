import { EspalierError } from "@espalier/core";
import type { DenseActivation } from "./model-module.ts";

/** The class that a Dense config names for each activation. */
export const torchActivations: Readonly<Record<DenseActivation, string>> = {
  identity: "torch.nn.modules.linear.Identity",
  tanh: "torch.nn.modules.activation.Tanh",
  relu: "torch.nn.modules.activation.ReLU",
  gelu: "torch.nn.modules.activation.GELU",
  sigmoid: "torch.nn.modules.activation.Sigmoid",
};

/**
 * The activation of a Dense config.
 * @param name class path; the short `torch.nn.Tanh` is the same class. Left out it is Tanh, the library's default
 * @throws {EspalierError} UNSUPPORTED
 */
export function denseActivation(name: string | undefined, file: string): DenseActivation {
  if (name === undefined) return "tanh";
  for (const [activation, path] of Object.entries(torchActivations))
    if (name === path || name === `torch.nn.${path.split(".").at(-1)}`)
      return activation as DenseActivation;
  throw new EspalierError(
    "UNSUPPORTED",
    `${file}: activation_function ${JSON.stringify(name)} is not one of ${Object.values(torchActivations).join(", ")}`,
  );
}
