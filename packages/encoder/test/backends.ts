import "@tensorflow/tfjs-backend-cpu";
import { registerOnnxruntimeBackend } from "tfjs-backend-onnxruntime";

registerOnnxruntimeBackend();

/** Every backend the parity tests run on. */
export const BACKENDS: readonly string[] = ["cpu", "onnxruntime"];
/** For models of real size. */
export const FASTEST = "onnxruntime";
