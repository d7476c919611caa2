import Module, { createRequire } from "node:module";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { registerTensorflow } from "./register-tensorflow.ts";

const require = createRequire(import.meta.url);
/** What tfjs-node asks for. */
const UNION = "@tensorflow/tfjs";
const loader = Module as unknown as { _load: unknown };

it("takes tfjs-node where tfjs-node-gpu does not load", () => {
  const loaded: string[] = [];
  registerTensorflow((name) => {
    if (name.endsWith("-gpu")) throw notFound(name);
    loaded.push(name);
  });
  expect(loaded).toEqual(["@tensorflow/tfjs-node"]);
});

it("says what to install when neither loads", () => {
  const register = () =>
    registerTensorflow((name) => {
      throw name.endsWith("-gpu")
        ? new Error("Cannot find module '../lib/napi-v8/tfjs_binding.node'\nRequire stack: …")
        : notFound(name);
    });
  expect(register).toThrow(
    expect.objectContaining({
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringMatching(
        /tfjs-node-gpu is installed without its native part.*tfjs-node is not installed.*docs\/backends.md/,
      ),
    }),
  );
});

it("gives the package this process's core and the functions that Node 23 removed, while it loads", () => {
  const known = util as unknown as Record<string, unknown>;
  const { isNullOrUndefined, isArray } = known;
  const load = loader._load;
  known.isNullOrUndefined = undefined;
  known.isArray = undefined;
  try {
    registerTensorflow(() => {
      const union = require(UNION) as typeof tf & { version: object };
      expect(union.Tensor).toBe(tf.Tensor);
      expect(union.version).toEqual({ "tfjs-core": tf.version_core });
    });
    expect([null, undefined, 0, ""].map(known.isNullOrUndefined as () => boolean)).toEqual([
      ...[true, true, false, false],
    ]);
    expect((known.isArray as (value: unknown) => boolean)([])).toBe(true);
    expect(loader._load).toBe(load);
  } finally {
    Object.assign(known, { isNullOrUndefined, isArray });
  }
});

function notFound(name: string): Error {
  return Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND" });
}
