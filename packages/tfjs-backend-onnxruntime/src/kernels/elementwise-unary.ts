import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { type Attributes, floatAttribute, int } from "../graph/attribute.ts";
import { float, scalar } from "../graph/constant.ts";
import type { GraphDtype, Operand, Value } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";

interface One {
  readonly x: TensorInfo;
}

/** Records an operator on values of one shape; the dtype is that of the first tensor operand unless it compares. */
type Call = (op: string, inputs: readonly Operand[], attributes?: Attributes) => Value;

function caller(backend: OnnxruntimeBackend, shape: readonly number[], dtype: GraphDtype): Call {
  return (op, inputs, attributes) =>
    backend.op({
      op,
      inputs,
      shape,
      dtype: BOOLEAN.has(op) ? "bool" : dtype,
      ...(attributes === undefined ? {} : { attributes }),
    });
}

const BOOLEAN = new Set([
  "Equal",
  "Less",
  "Greater",
  "LessOrEqual",
  "GreaterOrEqual",
  "And",
  "Not",
  "IsNaN",
  "IsInf",
]);

/** A function of real numbers: integers and bool are converted first, the result is float32. */
function real<Attrs>(name: string, formula: (x: Value, call: Call, attrs: Attrs) => Value): Kernel {
  return kernel<One, Attrs>(name, ({ x }, attrs, backend) => {
    const value = castValue(backend, backend.value(x), "float32");
    return backend.tensor(formula(value, caller(backend, x.shape, "float32"), attrs));
  });
}

/** One standard operator on float32. */
function operator(name: string, op: string = name): Kernel {
  return real(name, (x, call) => call(op, [x]));
}

/** An operator that keeps the dtype; bool takes the way over int32. */
function keeping(name: string, formula: (x: Value, call: Call) => Value): Kernel {
  return kernel<One>(name, ({ x }, _attrs, backend) => {
    const dtype = x.dtype as GraphDtype;
    const within = dtype === "bool" ? "int32" : dtype;
    const value = castValue(backend, backend.value(x), within);
    return backend.tensor(
      castValue(backend, formula(value, caller(backend, x.shape, within)), dtype),
    );
  });
}

/** Rounding leaves integers as they are. */
function rounding(name: string, op: string): Kernel {
  return kernel<One>(name, ({ x }, _attrs, backend) => {
    if (x.dtype !== "float32") return backend.share(x);
    return backend.tensor(caller(backend, x.shape, "float32")(op, [backend.value(x)]));
  });
}

function test(name: string, formula: (x: Value, call: Call) => Value): Kernel {
  return kernel<One>(name, ({ x }, _attrs, backend) => {
    const value = castValue(backend, backend.value(x), "float32");
    return backend.tensor(formula(value, caller(backend, x.shape, "float32")));
  });
}

const one = float(1);
const zero = float(0);

export const UNARY_KERNELS: readonly Kernel[] = [
  ...["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Erf"].map((name) =>
    operator(name),
  ),
  ...["Log", "Reciprocal", "Sigmoid", "Sin", "Sinh", "Softplus", "Sqrt", "Tanh"].map((name) =>
    operator(name),
  ),
  operator("Elu"),
  kernel<One>("Exp", ({ x }, _attrs, backend) => {
    const value = backend.value(x);
    if (x.dtype === "float32") {
      return backend.tensor(caller(backend, x.shape, "float32")("Exp", [value]));
    }
    const power = caller(
      backend,
      x.shape,
      "float64",
    )("Exp", [castValue(backend, value, "float64")]);
    return backend.tensor(castValue(backend, power, "float32"));
  }),
  // Near its poles a rounding error of the argument is one of many digits.
  kernel<One>("Tan", ({ x }, _attrs, backend) => {
    const value = castValue(backend, backend.value(x), "float64");
    const call = caller(backend, x.shape, "float64");
    const tangent = call("Div", [call("Sin", [value]), call("Cos", [value])]);
    return backend.tensor(castValue(backend, tangent, "float32"));
  }),
  real("Rsqrt", (x, call) => call("Reciprocal", [call("Sqrt", [x])])),
  // Kahan: the rounding error of 1 + x cancels in the quotient.
  real("Log1p", (x, call) => {
    const sum = call("Add", [x, one]);
    const exact = call("Div", [call("Mul", [call("Log", [sum]), x]), call("Sub", [sum, one])]);
    const large = call("Greater", [call("Abs", [x]), float(1e5)]);
    const general = call("Where", [large, call("Log", [sum]), exact]);
    return call("Where", [call("Equal", [sum, one]), x, general]);
  }),
  // Kahan again: (e^x − 1) · x / log(e^x).
  real("Expm1", (x, call) => {
    const power = call("Exp", [x]);
    const difference = call("Sub", [power, one]);
    const exact = call("Div", [call("Mul", [difference, x]), call("Log", [power])]);
    const extreme = call("Greater", [call("Abs", [x]), one]);
    const general = call("Where", [extreme, difference, exact]);
    return call("Where", [call("Equal", [power, one]), x, general]);
  }),
  real("Selu", (x, call) =>
    call("Selu", [x], {
      alpha: floatAttribute(1.6732632423543772),
      gamma: floatAttribute(1.0507009873554805),
    }),
  ),
  real<{ alpha: number }>("LeakyRelu", (x, call, { alpha }) =>
    call("LeakyRelu", [x], { alpha: floatAttribute(alpha) }),
  ),
  kernel<One, { clipValueMin: number; clipValueMax: number }>(
    "ClipByValue",
    ({ x }, { clipValueMin, clipValueMax }, backend) => {
      const dtype = x.dtype as GraphDtype;
      const bound = (value: number) => scalar(dtype, dtype === "int32" ? Math.trunc(value) : value);
      const call = caller(backend, x.shape, dtype);
      const raised = call("Max", [backend.value(x), bound(clipValueMin)]);
      return backend.tensor(call("Min", [raised, bound(clipValueMax)]));
    },
  ),
  kernel<One, { alpha?: number }>("Step", ({ x }, { alpha = 0 }, backend) => {
    const dtype: GraphDtype = x.dtype === "bool" ? "int32" : (x.dtype as GraphDtype);
    const value = castValue(backend, backend.value(x), dtype);
    const call = caller(backend, x.shape, dtype);
    if (dtype === "float32" && alpha === 0) {
      // A sixth of the time that comparing and choosing take, NaN included: what is left of 0 .. 1, rounded up.
      const [none, one] = [scalar(dtype, 0), scalar(dtype, 1)];
      return backend.tensor(call("Ceil", [call("Clip", [value, none, one])]));
    }
    const positive = call("Greater", [value, scalar(dtype, 0)]);
    const low = scalar(dtype, dtype === "float32" ? alpha : Math.trunc(alpha));
    const stepped = call("Where", [positive, scalar(dtype, 1), low]);
    if (dtype !== "float32") return backend.tensor(stepped);
    return backend.tensor(call("Where", [call("IsNaN", [value]), value, stepped])); // NaN stays NaN
  }),
  keeping("Abs", (x, call) => call("Abs", [x])),
  keeping("Neg", (x, call) => call("Neg", [x])),
  keeping("Square", (x, call) => call("Mul", [x, x])),
  keeping("Sign", (x, call) => {
    const sign = call("Sign", [x]);
    return x.dtype === "float32" ? call("Where", [call("IsNaN", [x]), zero, sign]) : sign;
  }),
  keeping("Relu", (x, call) => call("Max", [x, scalar(x.dtype, 0)])),
  keeping("Relu6", (x, call) =>
    call("Min", [call("Max", [x, scalar(x.dtype, 0)]), scalar(x.dtype, 6)]),
  ),
  rounding("Ceil", "Ceil"),
  rounding("Floor", "Floor"),
  rounding("Round", "Round"),
  test("IsNan", (x, call) => call("IsNaN", [x])),
  test("IsInf", (x, call) => call("IsInf", [x], { detect_negative: int(1) })),
  test("IsFinite", (x, call) => call("Less", [call("Abs", [x]), float(Number.POSITIVE_INFINITY)])),
  kernel<One>("LogicalNot", ({ x }, _attrs, backend) => {
    const value = castValue(backend, backend.value(x), "bool");
    return backend.tensor(caller(backend, x.shape, "bool")("Not", [value]));
  }),
];
