import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type ExecutionProvider,
  OnnxruntimeBackend,
  registerOnnxruntimeBackend,
} from "../src/index.ts";
import { sessionOptions } from "../src/runtime/session-options.ts";
import { freshBackend } from "./fresh-backend.ts";

let backend: OnnxruntimeBackend;
beforeEach(async () => {
  backend = await freshBackend({ maxSessions: 3 });
});

describe("what runs when", () => {
  it("compiles a structure once, whatever the values", async () => {
    for (const value of [1, 2, 3]) {
      const y = tf.tidy(() => tf.mul(tf.add(tf.tensor1d([value, 5]), value), 2));
      expect([...(await y.data())]).toEqual([value * 4, (value + 5) * 2]);
      y.dispose();
    }
    expect(backend.stats()).toMatchObject({ compiles: 1, launches: 3, sessions: 1 });
  });

  it("computes held tensors along only when they would need the same work again", () => {
    const x = tf.tensor1d([1, 2]);
    const [a, b, unrelated] = tf.tidy(() => {
      const shared = tf.exp(x);
      return [tf.add(shared, 1), tf.mul(shared, 2), tf.neg(x)] as const;
    });
    a!.dataSync();
    const before = backend.stats().launches;
    b!.dataSync();
    expect(backend.stats().launches).toBe(before);
    unrelated!.dataSync();
    expect(backend.stats().launches).toBe(before + 1);
    tf.dispose([x, a!, b!, unrelated!]);
  });

  it("keeps no more sessions than allowed", () => {
    for (const run of [tf.neg, tf.exp, tf.abs, tf.sin, tf.cos]) {
      tf.tidy(() => run(tf.ones([2])).dataSync());
    }
    expect(backend.stats().sessions).toBe(3);
  });

  it("compiles one graph for its second shape and all further ones", () => {
    const weight = tf.randomNormal<tf.Rank.R2>([3, 4], 0, 1, "float32", 5);
    const run = (rows: number, from: number): Float32Array =>
      tf.tidy(() => {
        const x = tf.reshape(tf.range(0, rows * 3), [rows, 3]) as tf.Tensor2D;
        const y = tf.matMul(tf.reshape(tf.tile(x, [2, 1]), [2 * rows, 3]), weight);
        const cut = tf.slice(tf.reshape(y, [2, rows, 4]), [1, from, 0], [1, rows - from, 4]);
        return tf
          .sum(
            tf.pad(cut, [
              [0, 0],
              [from, 1],
              [0, 0],
            ]),
            1,
          )
          .dataSync();
      }) as Float32Array;
    const expected = (rows: number, from: number): number[] => {
      const w = weight.dataSync();
      return [0, 1, 2, 3].map((column) => {
        let sum = 0;
        for (let row = from; row < rows; row++) {
          for (let k = 0; k < 3; k++) sum += (row * 3 + k) * (w[k * 4 + column] as number);
        }
        return sum;
      });
    };
    const shapes = [
      [5, 1],
      [7, 2],
      [6, 3],
      [90, 41],
      [3, 0],
    ] as const;
    for (const [rows, from] of shapes) {
      const found = run(rows, from);
      expected(rows, from).forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 1);
      });
    }
    expect(backend.stats()).toMatchObject({ compiles: 2, sessions: 1 });
    weight.dispose();
  });

  it("gives the same bits every time", () => {
    const w = tf.randomNormal([64, 64], 0, 1, "float32", 3);
    const run = () =>
      tf.tidy(() =>
        tf
          .sum(
            tf.matMul(tf.tanh(tf.matMul(w as tf.Tensor2D, w as tf.Tensor2D)), w as tf.Tensor2D),
            0,
          )
          .dataSync(),
      );
    expect(run()).toEqual(run());
    w.dispose();
  });
});

describe("memory", () => {
  it("counts shared data once and frees it with its last tensor", () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const held = tf.memory();
    const views = [tf.reshape(x, [2, 2]), tf.clone(x), tf.expandDims(x)];
    expect(tf.memory().numDataBuffers).toBe(held.numDataBuffers);
    expect(tf.memory().numTensors).toBe(held.numTensors + 3);
    expect(backend.refCount(x.dataId)).toBe(4);
    x.dispose();
    expect([...views[0]!.dataSync()]).toEqual([1, 2, 3, 4]);
    tf.dispose(views);
    expect(backend.numDataIds()).toBe(0);
  });

  it("does not give an array away that the caller may still hold", () => {
    const first = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
    const values = first.dataSync();
    first.dispose();
    tf.tidy(() => tf.add(tf.tensor1d([10, 20]), 1).dataSync());
    expect([...values]).toEqual([2, 3]);
  });

  it("does not recycle an array that a recorded operation still reads", () => {
    const a = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1));
    const b = tf.add(a, 0);
    b.dataSync();
    const next = tf.tidy(() => tf.neg(b));
    b.dispose();
    tf.tidy(() => tf.add(tf.tensor1d([7, 7]), 1).dataSync());
    expect([...next.dataSync()]).toEqual([-2, -3]);
    tf.dispose([a, next]);
  });

  it("starts again after dispose", async () => {
    backend.dispose();
    expect(backend.stats()).toMatchObject({ sessions: 0, pooledBytes: 0 });
    tf.removeBackend("onnxruntime");
    registerOnnxruntimeBackend({ threads: 1 });
    await tf.setBackend("onnxruntime");
    expect([...tf.add(tf.scalar(1), 2).dataSync()]).toEqual([3]);
  });
});

describe("errors", () => {
  it("names the operation that ONNX Runtime refuses, and stays usable", async () => {
    const index = tf.tidy(() => tf.add(tf.scalar(7, "int32"), tf.scalar(0, "int32"))) as tf.Scalar;
    const bad = tf.gather(tf.tensor1d([1, 2]), index);
    const error = await bad.data().catch((reason: unknown) => reason);
    expect(EspalierError.isInstance(error) && error.code).toBe("BACKEND_FAILED");
    expect((error as Error).message).toContain("Gather(float32 [2]; int32 [])");
    bad.dispose();
    expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);
  });

  it("says at once what is wrong with a provider, and what there is", () => {
    const register = (executionProvider: ExecutionProvider) => () =>
      registerOnnxruntimeBackend({ executionProvider });
    const elsewhere = process.platform === "win32" ? "coreml" : "dml";
    expect(register(elsewhere)).toThrow(
      expect.objectContaining({
        code: "BACKEND_UNAVAILABLE",
        message: expect.stringMatching(
          /^execution provider "\w+" is not in the installed onnxruntime-node: .* has cpu(, \w+)*$/,
        ),
      }),
    );
    expect(register("wbgpu" as ExecutionProvider)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining('did you mean "webgpu"?'),
      }),
    );
  });

  it("says why an installed provider does not start", () => {
    const options = { threads: 1, executionProvider: "cuda", flushDenormals: true } as const;
    const binding = {
      listSupportedBackends: () => [
        { name: "cpu", bundled: true },
        { name: "cuda", bundled: false },
      ],
      InferenceSession: class {
        loadModel() {
          throw new Error("OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load library");
        }
        run = () => ({});
        dispose() {
          throw new Error("Session is not initialized.");
        }
      },
    };
    expect(() => sessionOptions(binding, options)).toThrow(
      expect.objectContaining({
        code: "BACKEND_UNAVAILABLE",
        message: expect.stringMatching(
          /^execution provider "cuda" does not start on this machine: .*Failed to load library; .* has cpu, cuda$/,
        ),
      }),
    );
  });

  it("refuses options that are no numbers", () => {
    expect(() => new OnnxruntimeBackend({ threads: 0 })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: "threads is 0, expected a positive integer",
      }),
    );
  });
});
