import * as tf from "@tensorflow/tfjs-core";
import { differentiable } from "./differentiable.ts";
import { scatterRows } from "./scatter-rows.ts";
import { expectDtype, expectShape } from "./shape-check.ts";

/**
 * Rows of a table. The gradient of the table adds up the rows of repeated ids.
 * @param table float32 `[V, D]`
 * @param ids   int32 `[N]`, each in `0 .. V - 1`; they are not checked here, as reading them would stop a lazy backend
 * @returns     float32 `[N, D]`
 * @throws {EspalierError} SHAPE_MISMATCH when table or ids have another rank or dtype
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  expectShape("embedding: table", table, ["V", "D"]);
  expectShape("embedding: ids", ids, ["N"]);
  expectDtype("embedding: ids", ids, "int32");
  const [rows] = table.shape;
  return differentiable(
    { table },
    {
      forward(save) {
        save([ids]);
        return tf.gather(table, ids);
      },
      backward: (dy, saved) => ({
        table: () => scatterRows(dy as tf.Tensor2D, saved[0] as tf.Tensor1D, rows),
      }),
    },
  );
}
