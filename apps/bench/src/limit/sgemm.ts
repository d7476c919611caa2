import { createRng } from "@espalier/core";
import { encodeModel } from "@espalier/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Contender } from "../method/interleave.ts";
import { flops, type MatrixProduct } from "../workloads/matrix-products.ts";

/** Matrix products of given shapes and nothing else, in ONNX Runtime, whose sgemm is what the engine stands on. */
export interface Sgemm {
  /**
   * Runs every shape for a while.
   * @param leastSeconds for all shapes together, each as long as its share
   * @returns floating-point operations a second, shapes weighted by their share
   */
  flopsPerSecond(leastSeconds: number): Promise<number>;
  release(): Promise<void>;
}

/** Each shape runs at least so long, so that the call itself does not count. */
const LEAST_SECONDS_A_SHAPE = 0.02;
/** Shapes with a smaller share of the operations are left out. */
const LEAST_SHARE = 0.05;

/** @param products `[m, k] × [k, n]` with constant weights, `times` a step */
export async function createSgemm(
  products: readonly MatrixProduct[],
  threads: number,
): Promise<Sgemm> {
  const counted = products.filter((one) => flops([one]) >= LEAST_SHARE * flops(products));
  const shapes: ProductSession[] = [];
  for (const product of counted) shapes.push(await productSession(product, threads));
  return {
    async flopsPerSecond(leastSeconds) {
      let seconds = 0;
      for (const { product, run } of shapes) {
        const share = flops([product]) / flops(counted);
        const least = Math.max(LEAST_SECONDS_A_SHAPE, leastSeconds * share);
        seconds += (await secondsOnce(run, least)) * product.times;
      }
      return flops(counted) / seconds;
    },
    async release() {
      for (const { session } of shapes) await session.release();
    },
  };
}

/** Name of the contender that is no contender: it is timed in the same rounds and left out of the results. */
export const SGEMM = "sgemm";

/** Of the time that the work takes: a machine's speed changes from one tenth of a second to the next. */
const SHARE_OF_WORK = 0.2;
const MOST_SECONDS = 1;

/**
 * @param workSeconds what the work took in this round
 * @param speeds      gets the speed of each round
 */
export function sgemmContender(
  sgemm: Sgemm,
  workSeconds: () => number,
  speeds: number[],
): Contender {
  return {
    name: SGEMM,
    async round() {
      const leastSeconds = Math.min(MOST_SECONDS, SHARE_OF_WORK * workSeconds());
      speeds.push(await sgemm.flopsPerSecond(leastSeconds));
      return 0;
    },
  };
}

interface ProductSession {
  readonly product: MatrixProduct;
  readonly session: InferenceSession;
  run(): Promise<unknown>;
}

async function productSession(product: MatrixProduct, threads: number): Promise<ProductSession> {
  const { m, k } = product;
  const session = await InferenceSession.create(graph(product), {
    intraOpNumThreads: threads,
    // A session of its own must not spin beside the engine's.
    extra: { session: { force_spinning_stop: "1" } },
    logSeverityLevel: 3,
  });
  const x = new Tensor("float32", values(m * k, 1), [m, k]);
  return { product, session, run: () => session.run({ x }) };
}

/** `x · w`, of which one row leaves the runtime: fetched tensors are copied. */
function graph({ m, k, n }: MatrixProduct): Uint8Array {
  return encodeModel({
    inputs: [{ name: "x", dtype: "float32", shape: [m, k] }],
    outputs: [{ name: "row", dtype: "float32", shape: [n] }],
    nodes: [
      { opType: "MatMul", inputs: ["x", "w"], outputs: ["y"] },
      {
        opType: "Gather",
        inputs: ["y", "first"],
        outputs: ["row"],
        attributes: { axis: { type: "int", value: 0 } },
      },
    ],
    initializers: [
      { name: "w", dtype: "float32", shape: [k, n], data: values(k * n, 2) },
      { name: "first", dtype: "int64", shape: [], data: new BigInt64Array(1) },
    ],
  });
}

async function secondsOnce(run: () => Promise<unknown>, least: number): Promise<number> {
  await run(); // the other contenders have taken the caches
  const start = performance.now();
  let done = 0;
  let seconds = 0;
  do {
    await run();
    done++;
    seconds = (performance.now() - start) / 1000;
  } while (seconds < least);
  return seconds / done;
}

function values(size: number, seed: number): Float32Array {
  const bytes = createRng(seed)
    .bytes(size * 4)
    .slice();
  return Float32Array.from(new Int32Array(bytes.buffer, 0, size), (value) => value / 2 ** 31);
}
