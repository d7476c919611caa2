import { type KernelConfig, registerKernel, type TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { FALLBACK_KERNELS, fallback } from "../fallback/fallback.ts";
import { CAST } from "./cast.ts";
import { COMBINATION_KERNELS } from "./combinations.ts";
import { COUNTING_KERNELS } from "./counting.ts";
import { DROPOUT_KERNEL } from "./dropout.ts";
import { BINARY_KERNELS } from "./elementwise-binary.ts";
import { UNARY_KERNELS } from "./elementwise-unary.ts";
import { FILL_KERNELS } from "./fill.ts";
import { FUSED_KERNELS } from "./fused.ts";
import { GELU_KERNELS } from "./gelu.ts";
import { INDEXING_KERNELS } from "./indexing.ts";
import type { Kernel } from "./kernel.ts";
import { LOCAL_RESPONSE_NORM_KERNELS } from "./local-response-norm.ts";
import { MIRROR_KERNELS } from "./mirror.ts";
import { MULTINOMIAL } from "./multinomial.ts";
import { PRODUCT_KERNELS } from "./products.ts";
import { REDUCTION_KERNELS } from "./reductions.ts";
import { RESIZE_KERNELS } from "./resize.ts";
import { SCATTER_KERNELS } from "./scatter.ts";
import { SEARCH_SORTED } from "./search-sorted.ts";
import { SHAPE_KERNELS } from "./shapes.ts";
import { SPACE_AND_BATCH_KERNELS } from "./space-and-batch.ts";
import { CONVOLUTION_KERNELS } from "./windows/convolution-kernels.ts";
import { POOLING_KERNELS } from "./windows/pooling-kernels.ts";

/** The kernels that become ONNX operators. */
export const NATIVE_KERNELS: readonly Kernel[] = [
  CAST,
  DROPOUT_KERNEL,
  MULTINOMIAL,
  SEARCH_SORTED,
  ...BINARY_KERNELS,
  ...COMBINATION_KERNELS,
  ...CONVOLUTION_KERNELS,
  ...COUNTING_KERNELS,
  ...FILL_KERNELS,
  ...FUSED_KERNELS,
  ...GELU_KERNELS,
  ...INDEXING_KERNELS,
  ...POOLING_KERNELS,
  ...LOCAL_RESPONSE_NORM_KERNELS,
  ...MIRROR_KERNELS,
  ...PRODUCT_KERNELS,
  ...REDUCTION_KERNELS,
  ...RESIZE_KERNELS,
  ...SCATTER_KERNELS,
  ...SHAPE_KERNELS,
  ...SPACE_AND_BATCH_KERNELS,
  ...UNARY_KERNELS,
];

/** Registers all kernels under the backend's name. */
export function registerKernels(backendName: string): void {
  for (const native of NATIVE_KERNELS) {
    registerKernel({ kernelName: native.name, backendName, kernelFunc: kernelFunc(native) });
  }
  for (const kernelName of FALLBACK_KERNELS) {
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: (call) => fallback(kernelName, call as unknown as KernelCall),
    });
  }
}

interface KernelCall {
  readonly inputs: Record<string, TensorInfo>;
  readonly attrs: Record<string, unknown>;
  readonly backend: OnnxruntimeBackend;
}

function kernelFunc(native: Kernel): KernelConfig["kernelFunc"] {
  return (call) => {
    const { inputs, attrs, backend } = call as unknown as KernelCall;
    if (needsHost(inputs, attrs)) return fallback(native.name, { inputs, attrs, backend });
    return native.run(inputs as never, attrs as never, backend);
  };
}

/** Text and complex numbers have no ONNX operators. */
function needsHost(inputs: Record<string, TensorInfo>, attrs: Record<string, unknown>): boolean {
  for (const name in inputs) {
    const dtype = inputs[name]?.dtype;
    if (dtype === "string" || dtype === "complex64") return true;
  }
  const dtype = attrs?.dtype;
  return dtype === "string" || dtype === "complex64";
}
