import type { ResolveHook } from "node:module";

/**
 * Module hooks of the processes that run transformers.js, which this workspace installs without its image library:
 * texts need none. Version 2 comes without its ONNX Runtime too; it gets the release it pins, under another name.
 */
export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === "sharp")
    return { url: "data:text/javascript,export default true", shortCircuit: true };
  if (specifier === "onnxruntime-node")
    return next("onnxruntime-node-v2-peer", { ...context, parentURL: import.meta.url });
  return next(specifier, context);
};
