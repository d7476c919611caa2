import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { OnnxruntimeBackend } from "../backend.ts";
import { int } from "../graph/attribute.ts";
import { float } from "../graph/constant.ts";
import type { GraphDtype, Operand, Value } from "../graph/value.ts";
import { castValue } from "./cast.ts";
import { type Kernel, kernel } from "./kernel.ts";

interface Pair {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** Two broadcast operands of one dtype, ready for an elementwise operator. */
interface Operands {
  readonly backend: OnnxruntimeBackend;
  readonly a: Value;
  readonly b: Value;
  readonly shape: number[];
  readonly dtype: GraphDtype;
}

function operands(inputs: Pair, backend: OnnxruntimeBackend): Operands {
  const { a, b } = inputs;
  return {
    backend,
    a: backend.value(a),
    b: backend.value(b),
    shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape),
    dtype: a.dtype as GraphDtype,
  };
}

/** Applies an operator to the operands, converted to `dtype` first where they are of another. */
function apply(on: Operands, op: string, dtype: GraphDtype = on.dtype): Value {
  const { backend, shape } = on;
  return backend.op({
    op,
    inputs: [castValue(backend, on.a, dtype), castValue(backend, on.b, dtype)],
    shape,
    dtype,
  });
}

/** Arithmetic on bool is done on int32 and brought back: ONNX has none. */
function arithmetic(name: string, op: string): Kernel {
  return kernel<Pair>(name, (inputs, _attrs, backend) => {
    const on = operands(inputs, backend);
    if (on.dtype !== "bool") return backend.tensor(apply(on, op));
    return backend.tensor(castValue(backend, apply(on, op, "int32"), "bool"));
  });
}

function comparison(name: string, op: string): Kernel {
  return kernel<Pair>(name, (inputs, _attrs, backend) => {
    const on = operands(inputs, backend);
    const dtype = on.dtype === "bool" ? "int32" : on.dtype;
    const compared = backend.op({
      op,
      inputs: [castValue(backend, on.a, dtype), castValue(backend, on.b, dtype)],
      shape: on.shape,
      dtype: "bool",
    });
    return backend.tensor(compared);
  });
}

function logical(name: string, op: string): Kernel {
  return kernel<Pair>(name, (inputs, _attrs, backend) => {
    return backend.tensor(apply(operands(inputs, backend), op, "bool"));
  });
}

type Formula = (on: Operands, call: (op: string, ...inputs: Operand[]) => Value) => Value;

/** Several operators on the broadcast operands. */
function composed(name: string, formula: Formula): Kernel {
  return kernel<Pair>(name, (inputs, _attrs, backend) => {
    const on = operands(inputs, backend);
    const { shape, dtype } = on;
    const call = (op: string, ...list: Operand[]): Value =>
      backend.op({ op, inputs: list, shape, dtype: BOOLEAN.has(op) ? "bool" : dtype });
    return backend.tensor(formula(on, call));
  });
}

const BOOLEAN = new Set(["Equal", "Less", "Greater", "And", "Or", "Not"]);

/** x / y rounded down, always int32. */
const floorDiv = kernel<Pair>("FloorDiv", (inputs, _attrs, backend) => {
  const { a, b, shape } = operands(inputs, backend);
  // In double, where every quotient of int32 is on the right side of the next integer.
  const call = (op: string, ...list: Operand[]): Value =>
    backend.op({ op, inputs: list, shape, dtype: "float64" });
  const quotient = call("Div", castValue(backend, a, "float64"), castValue(backend, b, "float64"));
  return backend.tensor(castValue(backend, call("Floor", quotient), "int32"));
});

/** The remainder with the sign of the divisor; ONNX' Mod of floats has that of the dividend. */
const mod: Formula = ({ backend, a, b, dtype, shape }, call) => {
  if (dtype === "int32") return call("Mod", a, b);
  const remainder = backend.op({
    op: "Mod",
    inputs: [a, b],
    attributes: { fmod: int(1) },
    shape,
    dtype,
  });
  const shifted = backend.op({ op: "Add", inputs: [remainder, b], shape, dtype });
  const again = backend.op({
    op: "Mod",
    inputs: [shifted, b],
    attributes: { fmod: int(1) },
    shape,
    dtype,
  });
  const sameSign = call("Equal", call("Sign", a), call("Sign", b));
  const zero = call("Equal", remainder, float(0));
  return call("Where", call("Or", sameSign, zero), remainder, again);
};

/** The angle of (b, a), from −π to π, with the signs of zeros as in C. */
const atan2: Formula = ({ a, b }, call) => {
  const zero = float(0);
  const angle = call("Atan", call("Div", a, b));
  const halfTurn = call("Where", call("Less", a, zero), float(-Math.PI), float(Math.PI));
  const onAxis = call("Where", call("Less", b, zero), halfTurn, zero);
  const vertical = call("Mul", call("Sign", a), float(Math.PI / 2));
  const general = call("Where", call("Less", b, zero), call("Add", angle, halfTurn), angle);
  const bZero = call("Equal", b, zero);
  const nan = call("Add", a, b);
  const isNumber = call("And", call("Equal", a, a), call("Equal", b, b));
  const axis = call("Where", call("Equal", a, zero), onAxis, general);
  return call("Where", isNumber, call("Where", bZero, vertical, axis), nan);
};

export const BINARY_KERNELS: readonly Kernel[] = [
  arithmetic("Add", "Add"),
  arithmetic("Sub", "Sub"),
  arithmetic("Multiply", "Mul"),
  arithmetic("Maximum", "Max"),
  arithmetic("Minimum", "Min"),
  arithmetic("BitwiseAnd", "BitwiseAnd"),
  composed("RealDiv", ({ backend, a, b, dtype, shape }) => {
    const divided = backend.op({
      op: "Div",
      inputs: [castValue(backend, a, "float32"), castValue(backend, b, "float32")],
      shape,
      dtype: "float32",
    });
    return castValue(backend, divided, dtype);
  }),
  floorDiv,
  composed("Mod", mod),
  composed("Pow", (_on, call) => call("Pow", _on.a, _on.b)),
  composed("Atan2", atan2),
  composed("SquaredDifference", ({ a, b }, call) => {
    const difference = call("Sub", a, b);
    return call("Mul", difference, difference);
  }),
  comparison("Equal", "Equal"),
  comparison("Less", "Less"),
  comparison("LessEqual", "LessOrEqual"),
  comparison("Greater", "Greater"),
  comparison("GreaterEqual", "GreaterOrEqual"),
  kernel<Pair>("NotEqual", (inputs, _attrs, backend) => {
    const { a, b, shape } = operands(inputs, backend);
    const same = backend.op({ op: "Equal", inputs: [a, b], shape, dtype: "bool" });
    return backend.tensor(backend.op({ op: "Not", inputs: [same], shape, dtype: "bool" }));
  }),
  logical("LogicalAnd", "And"),
  logical("LogicalOr", "Or"),
  kernel<{ dy: TensorInfo; y: TensorInfo }>("EluGrad", ({ dy, y }, _attrs, backend) => {
    // dy where y >= 0, else dy · (y + 1), as y = e^x − 1 there
    const { shape } = y;
    const call = (op: string, ...inputs: Operand[]): Value =>
      backend.op({ op, inputs, shape, dtype: op === "Less" ? "bool" : "float32" });
    const value = backend.value(y);
    const below = call("Add", value, float(1));
    const slope = call("Where", call("Less", value, float(0)), below, float(1));
    return backend.tensor(call("Mul", backend.value(dy), slope));
  }),
  kernel<{ x: TensorInfo; alpha: TensorInfo }>("Prelu", ({ x, alpha }, _attrs, backend) => {
    const on = operands({ a: x, b: alpha }, backend);
    const { shape } = on;
    const value = castValue(backend, on.a, "float32");
    const call = (op: string, ...inputs: Operand[]): Value =>
      backend.op({ op, inputs, shape, dtype: op === "Less" ? "bool" : "float32" });
    const scaled = call("Mul", value, castValue(backend, on.b, "float32"));
    return backend.tensor(call("Where", call("Less", value, float(0)), scaled, value));
  }),
];
