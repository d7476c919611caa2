import { createRequire } from "node:module";
import type * as cpu from "@tensorflow/tfjs-backend-cpu";
import {
  backend_util,
  getKernel,
  type KernelConfig,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";

/** What a fallback is given: the call of a kernel. */
export interface FallbackCall {
  readonly inputs: Record<string, TensorInfo>;
  readonly attrs: Record<string, unknown>;
  readonly backend: OnnxruntimeBackend;
}

type HostBackend = InstanceType<typeof cpu.MathBackendCPU>;

/**
 * Runs a kernel of TensorFlow.js' plain JavaScript backend on the values of the inputs. It reads them, so what
 * was recorded so far runs now.
 */
export function fallback(name: string, call: FallbackCall): TensorInfo | TensorInfo[] {
  const { backend, attrs } = call;
  if (name === "Identity" || name === "Reshape") return shareHost(name, call);
  backend.refuseWhileRecording(`operation ${name} runs on the host`);
  const host = hostBackend();
  const config = getKernel(name, "cpu") as KernelConfig;
  const uploaded: TensorInfo[] = [];
  const upload = (info: TensorInfo): TensorInfo => {
    const copy = uploadTo(host, backend, info);
    uploaded.push(copy);
    return copy;
  };
  const uploadAll = (input: unknown): unknown => {
    if (input == null) return input;
    return Array.isArray(input) ? input.map(uploadAll) : upload(input as TensorInfo);
  };
  const inputs = Array.isArray(call.inputs)
    ? uploadAll(call.inputs)
    : Object.fromEntries(
        Object.entries(call.inputs).map(([key, input]) => [key, uploadAll(input)]),
      );
  try {
    const outputs = config.kernelFunc({
      inputs: inputs as never,
      attrs: attrs as never,
      backend: host,
    });
    const download = (info: TensorInfo): TensorInfo => {
      const values = host.readSync(info.dataId);
      const { shape, dtype } = info;
      host.disposeIntermediateTensorInfo(info);
      return { dataId: backend.write(values, shape, dtype), shape, dtype };
    };
    return Array.isArray(outputs) ? outputs.map(download) : download(outputs);
  } finally {
    for (const info of uploaded) host.disposeIntermediateTensorInfo(info);
  }
}

function shareHost(name: string, { inputs, attrs, backend }: FallbackCall): TensorInfo {
  const x = inputs.x as TensorInfo;
  return backend.share(x, name === "Reshape" ? (attrs.shape as number[]) : x.shape);
}

function uploadTo(host: HostBackend, from: OnnxruntimeBackend, info: TensorInfo): TensorInfo {
  const values = from.readSync(info.dataId);
  // Some kernels read what only a tensor has.
  const { shape } = info;
  const extra = { rank: shape.length, size: util.sizeFromShape(shape) };
  if (info.dtype !== "complex64") {
    return Object.assign(host.makeTensorInfo(shape, info.dtype, values), extra);
  }
  const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
  const complex = getKernel("Complex", "cpu") as KernelConfig;
  const parts = {
    real: host.makeTensorInfo(info.shape, "float32", real),
    imag: host.makeTensorInfo(info.shape, "float32", imag),
  };
  const whole = complex.kernelFunc({ inputs: parts, attrs: {}, backend: host }) as TensorInfo;
  host.disposeIntermediateTensorInfo(parts.real);
  host.disposeIntermediateTensorInfo(parts.imag);
  return whole;
}

let hostInstance: HostBackend | undefined;

/** Loading the package registers a backend named cpu, so it waits until something needs it. */
function hostBackend(): HostBackend {
  if (hostInstance === undefined) {
    const require = createRequire(import.meta.url);
    const { MathBackendCPU } = require("@tensorflow/tfjs-backend-cpu") as typeof cpu;
    hostInstance = new MathBackendCPU();
  }
  return hostInstance;
}

export { FALLBACK_KERNELS } from "./fallback-kernels.ts";
