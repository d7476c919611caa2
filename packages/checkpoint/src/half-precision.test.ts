import { expect, it } from "vitest";
import { bfloat16ToFloat32, halfToFloat32 } from "./half-precision.ts";

it("widens every half exactly", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const values = halfToFloat32(bits);
  for (const half of bits) {
    const sign = half >> 15 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const expected =
      exponent === 31
        ? fraction === 0
          ? sign * Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? sign * fraction * 2 ** -24
          : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (!Object.is(values[half], expected)) expect([half, values[half]]).toEqual([half, expected]);
  }
});

it("widens bfloat16 as the upper half of a float32", () => {
  const bits = Uint16Array.of(0x3f80, 0xc049, 0x0000, 0x7f80, 0x0001);
  expect([...bfloat16ToFloat32(bits)]).toEqual([
    1,
    -3.140625,
    0,
    Number.POSITIVE_INFINITY,
    2 ** -133,
  ]);
  expect(bfloat16ToFloat32(Uint16Array.of(0x7fc0))[0]).toBeNaN();
});
