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
  /** Updates weights and moments in place and leaves the gradient. The loop ends at `gradientEnd`. */
  update(...place: UpdateArguments): void;
  /** The same. @returns the sum of squares of the gradient before scaling */
  updateAndSum(...place: UpdateArguments): number;
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

export type UpdateArguments = [
  weights: number,
  first: number,
  second: number,
  gradient: number,
  gradientEnd: number,
  ...AdamWFactors,
];

/** What the numbers of an element are multiplied with, see `updateFunction`. */
export type AdamWFactors = [
  beta1: number,
  gradientToFirst: number,
  beta2: number,
  squareToSecond: number,
  epsilon: number,
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
  const functions = [updateFunction("update"), updateFunction("updateAndSum")];
  const module = new wasm.Module(assemble([...functions, sumFunction(), decayFunction()]));
  const instance = new wasm.Instance(module, { env: { memory } });
  return instance.exports as unknown as AdamWKernels;
}

const OFFSETS = [0, 16, 32, 48];

/**
 * Four floats a time (Loshchilov, Hutter 2019, as `torch.optim.AdamW`), where s scales the gradient and c = √(1 − β₂ᵗ):
 * m ← β₁ m + (1 − β₁) s · g; v ← β₂ v + (1 − β₂) s² · g²;
 * w ← (1 − lr · decay) w − c · lr / (1 − β₁ᵗ) · m / (√v + c · ε)
 */
function updateFunction(name: "update" | "updateAndSum"): WasmFunction {
  const sums = name === "updateAndSum";
  const [w, m, v, g, end] = [0, 1, 2, 3, 4].map(getLocal) as [Code, Code, Code, Code, Code];
  const factorCount = 7;
  const vectors = 5 + factorCount; // the factors again, in all four lanes
  const splats = Array.from({ length: factorCount }, (_, i) =>
    setLocal(vectors + i, [f32x4.splat(getLocal(5 + i))]),
  );
  const [beta1, toFirst, beta2, toSecond, epsilon, stepSize, decay] = Array.from(
    { length: factorCount },
    (_, i) => getLocal(vectors + i),
  ) as [Code, Code, Code, Code, Code, Code, Code];
  const [gradient, square, first, second, squares, sum] = [0, 1, 2, 3, 4, 5].map(
    (i) => vectors + factorCount + i,
  ) as [number, number, number, number, number, number];
  const body: Code[] = [];
  for (const offset of OFFSETS) {
    body.push(
      setLocal(gradient, [load(g, offset)]),
      setLocal(square, [f32x4.mul(getLocal(gradient), getLocal(gradient))]),
      setLocal(first, [
        f32x4.add(f32x4.mul(beta1, load(m, offset)), f32x4.mul(toFirst, getLocal(gradient))),
      ]),
      setLocal(second, [
        f32x4.add(f32x4.mul(beta2, load(v, offset)), f32x4.mul(toSecond, getLocal(square))),
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
            f32x4.add(f32x4.sqrt(getLocal(second)), epsilon),
          ),
        ),
      ),
    );
    if (sums) body.push(added(squares, square, offset));
  }
  if (sums) body.push(widenedSum(sum, squares));
  for (let pointer = 0; pointer < 4; pointer++) body.push(advance(pointer));
  return {
    name,
    parameters: ["i32", "i32", "i32", "i32", "i32", ...new Array<"f32">(factorCount).fill("f32")],
    result: sums ? "f64" : undefined,
    locals: new Array<"v128">(factorCount + 6).fill("v128"),
    body: [
      ...splats,
      repeatWhileLess(body, g, end),
      ...(sums ? [f64x2.sumOfLanes(getLocal(sum))] : []),
    ],
  };
}

function sumFunction(): WasmFunction {
  const [firstEnd, squares, sum, four] = [4, 5, 6, 7] as const;
  const body: Code[] = [];
  for (let pointer = 0; pointer < 4; pointer++) {
    for (const offset of OFFSETS) {
      body.push(
        setLocal(four, [load(getLocal(pointer), offset)]),
        setLocal(four, [f32x4.mul(getLocal(four), getLocal(four))]),
        added(squares, four, offset),
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

/** Adds four squares to those of the same turn. */
function added(squares: number, square: number, offset: number): Code {
  return setLocal(squares, [
    offset === 0 ? getLocal(square) : f32x4.add(getLocal(squares), getLocal(square)),
  ]);
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
