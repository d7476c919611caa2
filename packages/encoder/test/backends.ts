import "@tensorflow/tfjs-backend-cpu";

/** Every backend the parity tests run on. */
export const BACKENDS: readonly string[] = ["cpu"];
