import Module, { createRequire } from "node:module";
import util from "node:util";
import { EspalierError } from "@espalier/core";
import * as tf from "@tensorflow/tfjs-core";

const PACKAGES = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

/**
 * Loads TensorFlow's native backend, `@tensorflow/tfjs-node-gpu` before `@tensorflow/tfjs-node`.
 * @param load loads a package. Default: Node's `require`
 * @throws {EspalierError} BACKEND_UNAVAILABLE naming what is missing of each and how to get it
 */
export function registerTensorflow(
  load: (name: string) => unknown = createRequire(import.meta.url),
): void {
  const failures: string[] = [];
  for (const name of PACKAGES) {
    try {
      withTheOneCore(() => load(name));
      return;
    } catch (cause) {
      failures.push(`${name} ${reason(cause, name)}`);
    }
  }
  throw new EspalierError(
    "BACKEND_UNAVAILABLE",
    `backend tensorflow: ${failures.join("; ")}. Install @tensorflow/tfjs-node-gpu (CUDA) or @tensorflow/tfjs-node ` +
      `where its install script may run and find libtensorflow, or build the native part as docs/backends.md says; ` +
      `the default backend onnxruntime needs neither`,
  );
}

function reason(cause: unknown, name: string): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "MODULE_NOT_FOUND" && message.includes(`'${name}'`)) return "is not installed";
  return message.includes("tfjs_binding.node")
    ? "is installed without its native part (tfjs_binding.node)"
    : `does not load (${message.split("\n")[0]})`;
}

type Load = (request: string, parent: NodeModule | undefined, isMain: boolean) => unknown;

/**
 * Runs `load` with two gaps bridged. The package asks for `@tensorflow/tfjs`, whose Node bundle carries a second
 * copy of the core: it gets the one copy of this process instead, with inert stand-ins for the two symbols of the
 * layers API that it touches. And it calls two functions of `util`: one that Node 23 removed, and one that warns of its
 * end.
 */
function withTheOneCore(load: () => unknown): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  const union = {
    ...tf,
    version: { "tfjs-core": tf.version_core },
    CustomCallback: class {},
    registerCallbackConstructor: () => {},
  };
  const loader = Module as unknown as { _load: Load };
  const original = loader._load;
  loader._load = function (request, parent, isMain) {
    return request === "@tensorflow/tfjs" ? union : original.call(this, request, parent, isMain);
  };
  try {
    load();
  } finally {
    loader._load = original;
  }
}
