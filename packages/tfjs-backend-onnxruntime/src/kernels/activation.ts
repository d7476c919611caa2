import { util } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { floatAttribute } from "../graph/attribute.ts";
import { float } from "../graph/constant.ts";
import type { Value } from "../graph/value.ts";

/** The activations that tfjs fuses into products and convolutions. */
export function activate(
  backend: OnnxruntimeBackend,
  x: Value,
  how: { activation: string | null; leakyreluAlpha: number; weights: Value | undefined },
): Value {
  const { shape, dtype } = x;
  const call = (op: string, attributes = {}): Value =>
    backend.op({ op, inputs: [x], shape, dtype, attributes });
  switch (how.activation) {
    case null:
    case undefined:
    case "linear":
      return x;
    case "relu":
      return call("Relu");
    case "elu":
      return call("Elu");
    case "sigmoid":
      return call("Sigmoid");
    case "relu6": {
      const positive = call("Relu");
      return backend.op({ op: "Min", inputs: [positive, float(6)], shape, dtype });
    }
    case "leakyrelu":
      return call("LeakyRelu", { alpha: floatAttribute(how.leakyreluAlpha) });
    case "prelu":
      return backend.op({ op: "PRelu", inputs: [x, how.weights as Value], shape, dtype });
    default:
      util.assert(
        false,
        () => `Activation ${how.activation} has not been implemented for the onnxruntime backend.`,
      );
      return x;
  }
}
