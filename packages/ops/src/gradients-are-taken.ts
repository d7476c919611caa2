import * as tf from "@tensorflow/tfjs-core";

/** Whether what runs now is recorded on a tape: a value that a gradient may need has to be kept. */
export function gradientsAreTaken(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
