import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { reshaped } from "./reshaped.ts";
import { expectShape } from "./shape-check.ts";

export interface RotaryAngles {
  /** float32 `[N, d / 2]`, of the angles of each row */
  readonly cos: tf.Tensor2D;
  /** float32 `[N, d / 2]` */
  readonly sin: tf.Tensor2D;
  readonly heads: number;
}

/**
 * Rotary positions (Su et al. 2021): the halves a and b of each head's d columns become a · cos − b · sin and
 * b · cos + a · sin. The gradient is turned back by the same angles.
 * @param x float32 `[N, H · d]`
 * @returns float32 `[N, H · d]`
 * @throws {EspalierError} SHAPE_MISMATCH when the angles do not fit
 */
export function rotatePositions(x: tf.Tensor2D, { cos, sin, heads }: RotaryAngles): tf.Tensor2D {
  const [rows, width] = x.shape;
  const half = width / heads / 2;
  expectShape("rotatePositions: cos", cos, [rows, half]);
  expectShape("rotatePositions: sin", sin, [rows, half]);
  return differentiable(
    { x },
    {
      forward(save) {
        save([cos, sin]);
        return turned(x, { cos, sin, heads }, 1);
      },
      backward: (dy, saved) => {
        const [cos, sin] = saved as [tf.Tensor2D, tf.Tensor2D];
        return { x: () => turned(dy as tf.Tensor2D, { cos, sin, heads }, -1) };
      },
    },
  );
}

function turned(x: tf.Tensor2D, { cos, sin, heads }: RotaryAngles, direction: 1 | -1): tf.Tensor2D {
  const [rows, width] = x.shape;
  const [, half] = cos.shape;
  const halves = reshaped<tf.Tensor4D>(x, [rows, heads, 2, half]);
  const plus = reshaped<tf.Tensor4D>(sin, [rows, 1, 1, half]);
  const minus = tf.neg(plus);
  const across = tf.concat(direction === 1 ? [minus, plus] : [plus, minus], 2); // [N, 1, 2, d / 2]
  const along = reshaped<tf.Tensor4D>(cos, [rows, 1, 1, half]);
  const sum = tf.add(tf.mul(halves, along), tf.mul(tf.reverse(halves, 2), across));
  return reshaped<tf.Tensor2D>(sum, [rows, width]);
}
