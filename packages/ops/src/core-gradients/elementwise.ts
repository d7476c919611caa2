import * as tf from "@tensorflow/tfjs-core";
import { sumToShape } from "./sum-to-shape.ts";

/** d/dx of functions of one tensor, from x and y = f(x). */
const DERIVATIVES: Record<string, (at: { x: tf.Tensor; y: tf.Tensor }) => tf.Tensor> = {
  Abs: ({ x }) => tf.sign(x),
  Cos: ({ x }) => tf.neg(tf.sin(x)),
  Elu: ({ x, y }) => tf.where(tf.greater(x, 0), tf.onesLike(y), tf.add(y, 1)),
  Erf: ({ x }) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)),
  Exp: ({ y }) => y,
  Expm1: ({ y }) => tf.add(y, 1),
  Log: ({ x }) => tf.reciprocal(x),
  Log1p: ({ x }) => tf.reciprocal(tf.add(x, 1)),
  Reciprocal: ({ y }) => tf.neg(tf.square(y)),
  Relu: ({ x }) => tf.step(x),
  Rsqrt: ({ x, y }) => tf.mul(tf.div(y, x), -0.5),
  Sigmoid: ({ y }) => tf.mul(y, tf.sub(1, y)),
  Sin: ({ x }) => tf.cos(x),
  Softplus: ({ x }) => tf.sigmoid(x),
  Sqrt: ({ y }) => tf.div(0.5, y),
  Square: ({ x }) => tf.mul(x, 2),
  Tanh: ({ y }) => tf.sub(1, tf.square(y)),
};

/** Piecewise constant: the gradient is zero wherever there is one. */
const CONSTANT = ["Ceil", "Floor", "OnesLike", "Round", "Sign", "Step", "ZerosLike"];

const unary: tf.GradConfig[] = Object.entries(DERIVATIVES).map(([kernelName, derivative]) => ({
  kernelName,
  inputsToSave: ["x"],
  outputsToSave: [true],
  gradFunc: (dy, saved) => ({
    x: () => tf.mul(dy as tf.Tensor, derivative({ x: tensor(saved[0]), y: tensor(saved[1]) })),
  }),
}));

const constant: tf.GradConfig[] = CONSTANT.map((kernelName) => ({
  kernelName,
  gradFunc: (dy) => ({ x: () => tf.zerosLike(dy as tf.Tensor) }),
}));

const binary: tf.GradConfig[] = [
  binaryGradient("Add", {
    a: ({ dy }) => dy,
    b: ({ dy }) => dy,
  }),
  binaryGradient("Sub", {
    a: ({ dy }) => dy,
    b: ({ dy }) => tf.neg(dy),
  }),
  binaryGradient("Multiply", {
    a: ({ dy, b }) => tf.mul(dy, b),
    b: ({ dy, a }) => tf.mul(dy, a),
  }),
  binaryGradient("RealDiv", {
    a: ({ dy, b }) => tf.div(dy, b),
    b: ({ dy, a, b }) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  }),
  binaryGradient("SquaredDifference", {
    a: ({ dy, a, b }) => tf.mul(tf.mul(dy, 2), tf.sub(a, b)),
    b: ({ dy, a, b }) => tf.mul(tf.mul(dy, 2), tf.sub(b, a)),
  }),
  binaryGradient("Maximum", {
    a: ({ dy, a, b }) => tf.mul(dy, float(tf.greaterEqual(a, b))),
    b: ({ dy, a, b }) => tf.mul(dy, float(tf.less(a, b))),
  }),
  binaryGradient("Minimum", {
    a: ({ dy, a, b }) => tf.mul(dy, float(tf.lessEqual(a, b))),
    b: ({ dy, a, b }) => tf.mul(dy, float(tf.greater(a, b))),
  }),
  binaryGradient("Pow", {
    a: ({ dy, a, b }) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    // aᵇ · log a, and 0 where a ≤ 0 has no logarithm
    b: ({ dy, a, b }) => {
      const positive = float(tf.greater(a, 0));
      const logarithm = tf.log(tf.add(tf.mul(a, positive), tf.sub(1, positive)));
      return tf.mul(dy, tf.mul(tf.pow(a, b), logarithm));
    },
  }),
];

/** Gradients of tfjs' elementwise kernels. */
export const elementwiseGradients: readonly tf.GradConfig[] = [
  ...unary,
  ...constant,
  ...binary,
  {
    kernelName: "Neg",
    gradFunc: (dy) => ({ x: () => tf.neg(dy as tf.Tensor) }),
  },
  {
    kernelName: "Identity",
    gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }),
  },
  {
    kernelName: "Cast",
    gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }),
  },
  {
    kernelName: "LeakyRelu",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x() {
        const slope = tf.mul(dy as tf.Tensor, attrs.alpha as number);
        return tf.where(tf.greater(tensor(x), 0), dy as tf.Tensor, slope);
      },
    }),
  },
  {
    kernelName: "ClipByValue",
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attrs) => ({
      x() {
        const above = tf.greaterEqual(tensor(x), attrs.clipValueMin as number);
        const below = tf.lessEqual(tensor(x), attrs.clipValueMax as number);
        return tf.mul(dy as tf.Tensor, float(tf.logicalAnd(above, below)));
      },
    }),
  },
  {
    kernelName: "AddN",
    saveAllInputs: true,
    gradFunc: (dy, inputs) =>
      Object.fromEntries(inputs.map((_, i) => [i, () => tf.clone(dy as tf.Tensor)])),
  },
  {
    kernelName: "Select",
    inputsToSave: ["condition"],
    gradFunc: (dy, [condition]) => ({
      condition: () => tf.zeros(tensor(condition).shape),
      t: () => tf.mul(dy as tf.Tensor, float(tensor(condition))),
      e: () => tf.mul(dy as tf.Tensor, float(tf.logicalNot(tensor(condition)))),
    }),
  },
];

interface BinaryPoint {
  readonly dy: tf.Tensor;
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
}

function binaryGradient(
  kernelName: string,
  rules: Record<"a" | "b", (at: BinaryPoint) => tf.Tensor>,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc(dy, saved) {
      const [a, b] = saved.map(tensor) as [tf.Tensor, tf.Tensor];
      const at = { dy: dy as tf.Tensor, a, b };
      return {
        a: () => sumToShape(rules.a(at), a.shape),
        b: () => sumToShape(rules.b(at), b.shape),
      };
    },
  };
}

function float(mask: tf.Tensor): tf.Tensor {
  return tf.cast(mask, "float32");
}

function tensor(saved: tf.Tensor | undefined): tf.Tensor {
  return saved as tf.Tensor;
}
