import { EspalierError } from "@espalier/core";
import { type AdamWKernels, adamWKernels, REGION_BYTES } from "./adamw-wasm.ts";
import { type WasmMemory, webAssembly } from "./webassembly.ts";

/** Where one parameter lives: four regions of one memory. */
export interface SlotRegion {
  readonly weights: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly gradient: Float32Array;
  readonly kernels: AdamWKernels;
  /** End of the gradient region with its padding, in bytes. */
  readonly gradientEnd: number;
}

const PAGE_BYTES = 65_536;
/** A memory of 65,536 pages ends at 4 GB, an address that does not fit 32 bits. */
const MAX_BYTES = 65_535 * PAGE_BYTES;

/**
 * Lays parameters out in as few WebAssembly memories as hold them; the memories are exactly as large as needed and
 * never grow, so that views of them stay valid.
 * @param sizes elements of each parameter
 * @throws {EspalierError} UNSUPPORTED when one parameter alone exceeds a memory or the memory cannot be had
 */
export function allocateSlots(sizes: readonly number[]): SlotRegion[] {
  const places: { memory: number; start: number; stride: number }[] = [];
  const lengths: number[] = [];
  for (const size of sizes) {
    const stride = Math.ceil((size * 4) / REGION_BYTES) * REGION_BYTES;
    if (stride * 4 > MAX_BYTES) {
      throw new EspalierError(
        "UNSUPPORTED",
        `a parameter of ${size} values with gradient and moments exceeds ${MAX_BYTES} bytes`,
      );
    }
    const used = lengths[lengths.length - 1];
    if (used === undefined || used + stride * 4 > MAX_BYTES) lengths.push(0);
    const memory = lengths.length - 1;
    const start = lengths[memory] as number;
    places.push({ memory, start, stride });
    lengths[memory] = start + stride * 4;
  }
  const memories = lengths.map((bytes) => {
    const memory = newMemory(Math.max(1, Math.ceil(bytes / PAGE_BYTES)));
    return { buffer: memory.buffer, kernels: adamWKernels(memory) };
  });
  return places.map(({ memory, start, stride }, i) => {
    const { buffer, kernels } = memories[memory] as (typeof memories)[number];
    const region = (index: number): Float32Array =>
      new Float32Array(buffer, start + index * stride, sizes[i]);
    return {
      weights: region(0),
      first: region(1),
      second: region(2),
      gradient: region(3),
      kernels,
      gradientEnd: start + 4 * stride,
    };
  });
}

function newMemory(pages: number): WasmMemory {
  try {
    return new (webAssembly().Memory)({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new EspalierError(
      "UNSUPPORTED",
      `${pages * PAGE_BYTES} bytes for weights, gradients and moments cannot be allocated`,
      { cause },
    );
  }
}
