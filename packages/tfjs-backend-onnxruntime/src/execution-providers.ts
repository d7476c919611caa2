/** Where ONNX Runtime can run its operators. A module of its own, so that programs can list them without the engine. */
export const EXECUTION_PROVIDERS = ["cpu", "cuda", "webgpu", "coreml", "dml"] as const;
export type ExecutionProvider = (typeof EXECUTION_PROVIDERS)[number];
