import * as tf from "@tensorflow/tfjs-core";
import {
  type BackendOptions,
  type OnnxruntimeBackend,
  registerOnnxruntimeBackend,
} from "../src/index.ts";

/** The backend started anew on one thread: no compiled graphs, counters at zero. */
export async function freshBackend(options: BackendOptions = {}): Promise<OnnxruntimeBackend> {
  registerOnnxruntimeBackend({ threads: 1, ...options });
  tf.removeBackend("onnxruntime");
  registerOnnxruntimeBackend({ threads: 1, ...options });
  await tf.setBackend("onnxruntime");
  return tf.backend() as OnnxruntimeBackend;
}
