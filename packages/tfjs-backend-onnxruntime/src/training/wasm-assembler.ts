/** The few WebAssembly instructions the optimizer needs, as bytes (WebAssembly core specification 2.0, section 5). */
export type Code = readonly number[];

export type ValueType = "i32" | "f32" | "f64" | "v128";

const TYPES: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function over one imported memory. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
  /** Numbered after the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: readonly Code[];
}

/** Builds a module that imports `env.memory` and exports the functions. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const memory = [...name("env"), ...name("memory"), 0x02, 0x00, 0x01]; // at least one page
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      functions.map(({ parameters, result }) => [
        0x60,
        ...vector(parameters.map((type) => [TYPES[type]])),
        ...vector(result === undefined ? [] : [[TYPES[result]]]),
      ]),
    ),
    ...section(2, [memory]),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      functions.map((fn, i) => [...name(fn.name), 0x00, ...unsigned(i)]),
    ),
    ...section(
      10,
      functions.map(({ locals, body }) => {
        const declared = vector(locals.map((type) => [0x01, TYPES[type]]));
        const code = [...declared, ...body.flat(), 0x0b];
        return [...unsigned(code.length), ...code];
      }),
    ),
  ]);
}

export function getLocal(index: number): Code {
  return [0x20, ...unsigned(index)];
}

export function setLocal(index: number, value: readonly Code[]): Code {
  return [...value.flat(), 0x21, ...unsigned(index)];
}

export function constI32(value: number): Code {
  return [0x41, ...signed(value)];
}

export function addI32(a: Code, b: Code): Code {
  return [...a, ...b, 0x6a];
}

/** Repeats the body while the unsigned `value < limit`, at least once. */
export function repeatWhileLess(body: readonly Code[], value: Code, limit: Code): Code {
  return [0x03, 0x40, ...body.flat(), ...value, ...limit, 0x49, 0x0d, 0x00, 0x0b];
}

/** Loads 16 bytes at `address + offset`. */
export function load(address: Code, offset: number): Code {
  return [...address, ...simd(0x00), 0x04, ...unsigned(offset)];
}

export function store(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, ...simd(0x0b), 0x04, ...unsigned(offset)];
}

/** Four floats at once. */
export const f32x4 = {
  splat: (value: Code): Code => [...value, ...simd(0x13)],
  add: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)],
  sub: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe5)],
  mul: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)],
  div: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe7)],
  sqrt: (a: Code): Code => [...a, ...simd(0xe3)],
  /** The upper two floats moved to the lower places. */
  upper: (a: Code): Code => [
    ...a,
    ...a,
    ...simd(0x0d),
    ...[8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
} as const;

/** Two doubles at once. */
export const f64x2 = {
  add: (a: Code, b: Code): Code => [...a, ...b, ...simd(0xf0)],
  /** The lower two of four floats, widened. */
  promote: (a: Code): Code => [...a, ...simd(0x5f)],
  sumOfLanes: (a: Code): Code => [...a, ...simd(0x21), 0x00, ...a, ...simd(0x21), 0x01, 0xa0],
} as const;

function simd(opcode: number): Code {
  return [0xfd, ...unsigned(opcode)];
}

function section(id: number, entries: readonly Code[]): Code {
  const content = vector(entries);
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): Code {
  return vector([...new TextEncoder().encode(text)].map((byte) => [byte]));
}

/** LEB128 */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}
