import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { expectDtype, expectShape } from "./shape-check.ts";

/**
 * Reorders rows. As the map is one to one, its gradient is a gather too, by the inverse index.
 *
 * Where M and N differ, or rows are padding, "one to one" need only hold for the rows that count: a row of x that
 * `index` does not read must point in `inverse` to a row of y whose gradient is zero, for instance one that nothing
 * reads.
 * @param x       float32 `[N, D]`
 * @param index   int32 `[M]`: y[m] = x[index[m]]
 * @param inverse int32 `[N]`: dx[n] = dy[inverse[n]]
 * @returns       float32 `[M, D]`
 * @throws {EspalierError} SHAPE_MISMATCH when an index has another length or dtype
 */
export function gatherRows(x: tf.Tensor2D, index: tf.Tensor1D, inverse: tf.Tensor1D): tf.Tensor2D {
  expectShape("gatherRows: x", x, ["N", "D"]);
  expectShape("gatherRows: index", index, ["M"]);
  expectShape("gatherRows: inverse", inverse, [x.shape[0]]);
  expectDtype("gatherRows: index", index, "int32");
  expectDtype("gatherRows: inverse", inverse, "int32");
  return differentiable(
    { x },
    {
      forward(save) {
        save([inverse]);
        return tf.gather(x, index);
      },
      backward: (dy, saved) => ({ x: () => tf.gather(dy, saved[0] as tf.Tensor1D) }),
    },
  );
}
