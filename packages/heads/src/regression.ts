import type { Rng } from "@espalier/core";
import { regressionReport } from "@espalier/metrics";
import { type GivenTargets, regressionLoss } from "@espalier/ops";
import { expectRow, expectSameRows } from "./expect-rows.ts";
import type { Head, LabelPlace, LabelValue, TargetFeed } from "./head.ts";
import { labelError } from "./label-error.ts";
import { type LinearParameters, linearMap } from "./linear-map.ts";
import { defined } from "./parse-config.ts";
import { parseRegressionConfig, type RegressionConfig } from "./regression-config.ts";
import { labelledRowsOf, type Targets } from "./targets.ts";

/** A number, in the unit of the labels. */
export interface RegressionPrediction {
  readonly value: number;
}

export interface RegressionHead extends Head<RegressionPrediction> {
  readonly kind: "regression";
  readonly config: RegressionConfig;
  init(inputSize: number, rng: Rng): LinearParameters;
  /** The number in units of `scale` from `center`, which is what the logits are in too. */
  encodeLabel(label: LabelValue, place: string | LabelPlace): number;
}

export type RegressionOptions = Partial<Omit<RegressionConfig, "kind">>;

/**
 * A head that gives each text a number: dropout and a linear map `weight [1, D]`, `bias [1]`. It learns `(label − center) /
 * scale`, so that labels of any size train alike and weigh alike beside other tasks; losses are in that unit, predictions
 * and errors in the label's own.
 * @param options dropout 0.1, loss "squared" ("absolute", "huber"), center 0, scale 1 when left out
 * @throws {EspalierError} CONFIG_INVALID for an option out of range
 */
export function regression(options: RegressionOptions = {}): RegressionHead {
  const config = { kind: "regression", ...defined(options) };
  return createHead(parseRegressionConfig(config, "regression"));
}

/** The same from JSON. @throws {EspalierError} CONFIG_INVALID with every problem, naming `place` */
export function regressionFromConfig(config: unknown, place: string): RegressionHead {
  return createHead(parseRegressionConfig(config, place));
}

function createHead(config: RegressionConfig): RegressionHead {
  const { center, scale } = config;
  const inUnits = (logit: number): number => center + scale * logit;
  return {
    ...linearMap("regression", { outputSize: 1, rate: config.dropout }),
    kind: "regression",
    config,
    target: { dtype: "float32", size: 1 },
    mainMetric: "r2",
    errorMetrics: ["mae", "rmse"],

    loss: (logits, targets: Targets | TargetFeed) =>
      regressionLoss(logits, targets as GivenTargets<Float32Array>, config.loss),

    encodeLabel(label, place) {
      const number = Array.isArray(label) || String(label).trim() === "" ? NaN : Number(label);
      if (!Number.isFinite(number)) throw labelError(label, place, "is not a finite number");
      return (number - center) / scale;
    },

    decode(row) {
      expectRow("regression", row, ["value"]);
      return { value: inUnits(row[0] as number) };
    },

    metrics(logits, targets) {
      expectSameRows("regression", { logits, targets }, { logits: 1, targets: 1 });
      const rows = labelledRowsOf(targets, 1);
      const read = (values: Targets) =>
        Float64Array.from(rows, (row) => inUnits(values[row] as number));
      const { r2, pearson, spearman, mae, rmse } = regressionReport(read(targets), read(logits));
      return { r2, pearson, spearman, mae, rmse, support: rows.length };
    },
  };
}
