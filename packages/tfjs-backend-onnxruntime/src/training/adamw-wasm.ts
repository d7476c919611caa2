import {
  addI32,
  assemble,
  type Code,
  constI32,
  f32x4,
  f64x2,
  getLocal,
  load,
  repeatWhileLess,
  setLocal,
  store,
  type WasmFunction,
} from "./wasm-assembler.ts";
import { type WasmMemory, webAssembly } from "./webassembly.ts";

/** One pass over a parameter; addresses are bytes in the memory, lengths multiples of `REGION_BYTES`. */
export interface AdamWKernels {
  /**
   * Updates weights and moments in place and leaves the gradient.
   * @param gradient its address; the loop ends at `gradientEnd`
   * @param hyper see `AdamWHyper`, in its order
   * @returns the sum of squares of the gradient before scaling
   */
  update(
    weights: number,
    first: number,
    second: number,
    gradient: number,
    gradientEnd: number,
    ...hyper: AdamWHyper
  ): number;
  /**
   * The sum of squares of four parts of equal length. Read side by side they come from memory faster than one after the
   * other.
   * @param firstEnd where the first part ends
   */
  sumOfSquares(
    first: number,
    second: number,
    third: number,
    fourth: number,
    firstEnd: number,
  ): number;
  /** Multiplies all weights up to `end` by a factor: what an update does where gradient and moments are zero. */
  decay(weights: number, end: number, factor: number): void;
}

/**
 * gradientScale, β₁, 1 − β₁, β₂, 1 − β₂, ε, 1 / √(1 − β₂ᵗ), lr / (1 − β₁ᵗ), 1 − lr · decay.
 */
export type AdamWHyper = [
  gradientScale: number,
  beta1: number,
  oneMinusBeta1: number,
  beta2: number,
  oneMinusBeta2: number,
  epsilon: number,
  secondCorrection: number,
  stepSize: number,
  decay: number,
];

/** What one turn of a loop covers of each address: 16 floats. */
const TURN_BYTES = 64;
/** Regions are padded with zeros to multiples of it. */
export const REGION_BYTES: number = 4 * TURN_BYTES;

/** Compiles the kernels over a memory. WebAssembly SIMD is part of every Node since 16. */
export function adamWKernels(memory: WasmMemory): AdamWKernels {
  const wasm = webAssembly();
  const module = new wasm.Module(assemble([updateFunction(), sumFunction(), decayFunction()]));
  const instance = new wasm.Instance(module, { env: { memory } });
  return instance.exports as unknown as AdamWKernels;
}

const OFFSETS = [0, 16, 32, 48];

/**
 * Four floats a time (Loshchilov, Hutter 2019, as `torch.optim.AdamW`):
 * g ← scale · g; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
 * w ← (1 − lr · decay) w − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 */
function updateFunction(): WasmFunction {
  const [w, m, v, g, end] = [0, 1, 2, 3, 4].map(getLocal) as [Code, Code, Code, Code, Code];
  const hyperCount = 9;
  const vectors = 5 + hyperCount; // the hyper-parameters again, in all four lanes
  const splats = Array.from({ length: hyperCount }, (_, i) =>
    setLocal(vectors + i, [f32x4.splat(getLocal(5 + i))]),
  );
  const [scale, beta1, rest1, beta2, rest2, epsilon, correction, stepSize, decay] = Array.from(
    { length: hyperCount },
    (_, i) => getLocal(vectors + i),
  ) as [Code, Code, Code, Code, Code, Code, Code, Code, Code];
  const [gradient, first, second, squares, sum] = [0, 1, 2, 3, 4].map(
    (i) => vectors + hyperCount + i,
  ) as [number, number, number, number, number];
  const body: Code[] = [];
  for (const offset of OFFSETS) {
    const raw = load(g, offset);
    const square = f32x4.mul(getLocal(gradient), getLocal(gradient));
    body.push(
      setLocal(gradient, [raw]),
      setLocal(squares, [offset === 0 ? square : f32x4.add(getLocal(squares), square)]),
      setLocal(gradient, [f32x4.mul(scale, getLocal(gradient))]),
      setLocal(first, [
        f32x4.add(f32x4.mul(beta1, load(m, offset)), f32x4.mul(rest1, getLocal(gradient))),
      ]),
      setLocal(second, [
        f32x4.add(
          f32x4.mul(beta2, load(v, offset)),
          f32x4.mul(rest2, f32x4.mul(getLocal(gradient), getLocal(gradient))),
        ),
      ]),
      store(m, offset, getLocal(first)),
      store(v, offset, getLocal(second)),
      store(
        w,
        offset,
        f32x4.sub(
          f32x4.mul(decay, load(w, offset)),
          f32x4.div(
            f32x4.mul(stepSize, getLocal(first)),
            f32x4.add(f32x4.mul(f32x4.sqrt(getLocal(second)), correction), epsilon),
          ),
        ),
      ),
    );
  }
  body.push(widenedSum(sum, squares));
  for (let pointer = 0; pointer < 4; pointer++) body.push(advance(pointer));
  return {
    name: "update",
    parameters: ["i32", "i32", "i32", "i32", "i32", ...new Array<"f32">(hyperCount).fill("f32")],
    result: "f64",
    locals: new Array<"v128">(hyperCount + 5).fill("v128"),
    body: [...splats, repeatWhileLess(body, g, end), f64x2.sumOfLanes(getLocal(sum))],
  };
}

function sumFunction(): WasmFunction {
  const [firstEnd, squares, sum, four] = [4, 5, 6, 7] as const;
  const body: Code[] = [];
  for (let pointer = 0; pointer < 4; pointer++) {
    for (const offset of OFFSETS) {
      const square = f32x4.mul(getLocal(four), getLocal(four));
      body.push(
        setLocal(four, [load(getLocal(pointer), offset)]),
        setLocal(squares, [offset === 0 ? square : f32x4.add(getLocal(squares), square)]),
      );
    }
    body.push(widenedSum(sum, squares), advance(pointer));
  }
  return {
    name: "sumOfSquares",
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    result: "f64",
    locals: ["v128", "v128", "v128"],
    body: [repeatWhileLess(body, getLocal(0), getLocal(firstEnd)), f64x2.sumOfLanes(getLocal(sum))],
  };
}

function decayFunction(): WasmFunction {
  const [w, end, factor, factors] = [getLocal(0), getLocal(1), getLocal(2), getLocal(3)];
  const body = OFFSETS.map((offset) => store(w, offset, f32x4.mul(factors, load(w, offset))));
  return {
    name: "decay",
    parameters: ["i32", "i32", "f32"],
    result: undefined,
    locals: ["v128"],
    body: [setLocal(3, [f32x4.splat(factor)]), repeatWhileLess([...body, advance(0)], w, end)],
  };
}

/** Sums run in double: 66 million squares lose digits in single. */
function widenedSum(sum: number, squares: number): Code {
  const lower = f64x2.promote(getLocal(squares));
  const upper = f64x2.promote(f32x4.upper(getLocal(squares)));
  return setLocal(sum, [f64x2.add(getLocal(sum), f64x2.add(lower, upper))]);
}

function advance(pointer: number): Code {
  return setLocal(pointer, [addI32(getLocal(pointer), constI32(TURN_BYTES))]);
}
