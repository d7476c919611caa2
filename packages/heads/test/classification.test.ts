import { createRng, EspalierError } from "@espalier/core";
import { classification, headFromConfig, type PredictionOf } from "@espalier/heads";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";

const sentiment = classification(["negative", "positive"]);

function failure(run: () => unknown): [string, string] {
  try {
    run();
  } catch (error) {
    if (EspalierError.isInstance(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error("did not throw");
}

describe("types", () => {
  it("come from the labels as written", () => {
    const head = classification(["product", "movie"], { dropout: 0.2 });
    expectTypeOf(head.labels).toEqualTypeOf<readonly ("product" | "movie")[]>();
    expectTypeOf(head.decode).returns.toEqualTypeOf<{
      readonly label: "product" | "movie";
      readonly scores: Readonly<Record<"product" | "movie", number>>;
    }>();
    expectTypeOf<PredictionOf<typeof head>["label"]>().toEqualTypeOf<"product" | "movie">();
    expectTypeOf<
      Extract<PredictionOf<ReturnType<typeof headFromConfig>>, { readonly label: string }>["label"]
    >().toEqualTypeOf<string>();
    // @ts-expect-error not a label
    const score: number | undefined = head.decode(Float32Array.of(0, 0)).scores.restaurant;
    expect(score).toBeUndefined();
  });

  it("labels known only when the program runs are strings", () => {
    const labels: string[] = ["a", "b"];
    expectTypeOf(classification(labels).decode).returns.toHaveProperty("label").toBeString();
  });
});

describe("labels", () => {
  it("become their index", () => {
    expect(["negative", "positive"].map((label) => sentiment.encodeLabel(label, "x"))).toEqual([
      0, 1,
    ]);
    const digits = classification(["0", "1"]);
    expect([digits.encodeLabel(1, "x"), digits.encodeLabel("1", "x")]).toEqual([1, 1]);
  });

  it("that are mistyped name the place, the task and the nearest label", () => {
    const place = { source: "reviews.jsonl:7", task: "sentiment" };
    expect(failure(() => sentiment.encodeLabel("postive", place))).toEqual([
      "NAME_UNKNOWN",
      'reviews.jsonl:7: label "postive" of task "sentiment" is not one of negative, positive (did you mean "positive"?)',
    ]);
    expect(failure(() => sentiment.encodeLabel("xyzzyx", "--label"))[1]).toBe(
      '--label: label "xyzzyx" is not one of negative, positive',
    );
    expect(failure(() => sentiment.encodeLabel(["negative"], place))[1]).toContain(
      'label ["negative"] of task "sentiment" is not one of',
    );
    expect(failure(() => sentiment.encodeLabel("__proto__", place))[0]).toBe("NAME_UNKNOWN");
  });
});

describe("decode", () => {
  it("gives the label with the highest score", () => {
    const head = classification(["a", "b", "c"]);
    const { label, scores } = head.decode(Float32Array.of(0, Math.log(2), Math.log(3)));
    expect(label).toBe("c");
    expect(scores.a).toBeCloseTo(1 / 6, 7);
    expect(scores.b).toBeCloseTo(2 / 6, 7);
    expect(scores.c).toBeCloseTo(3 / 6, 7);
    expect(head.decode(Float32Array.of(1, 1, 0)).label).toBe("a");
  });

  it("is stable, sums to 1 and agrees with the arg max for any finite logits", () => {
    const head = classification(["a", "b", "c", "d"]);
    const logit = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit, logit), (row) => {
        const { label, scores } = head.decode(Float32Array.from(row));
        const values = Object.values(scores);
        expect(values.every((score) => score >= 0 && score <= 1)).toBe(true);
        expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(scores[label]).toBe(Math.max(...values));
        expect(head.labels.indexOf(label)).toBe(row.indexOf(Math.max(...row)));
      }),
    );
  });

  it("refuses what is no row of logits", () => {
    expect(failure(() => sentiment.decode(Float32Array.of(1)))).toEqual([
      "SHAPE_MISMATCH",
      "classification: a row of 1 logits, expected 2",
    ]);
    for (const bad of [Number.NaN, Infinity, -Infinity])
      expect(failure(() => sentiment.decode(Float32Array.of(0, bad)))).toEqual([
        "NOT_FINITE",
        `classification: the logit of "positive" is ${bad}`,
      ]);
  });
});

describe("init", () => {
  it("draws weights of deviation 0.02 and biases 0, the same for the same stream", () => {
    const head = classification(["a", "b", "c"]);
    const { weight, bias } = head.init(768, createRng(1));
    expect(Object.entries({ weight, bias }).map(([name, p]) => [name, p.shape])).toEqual(
      Object.entries(head.shapes(768)),
    );
    const values = [...weight.values];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((a, b) => a + b * b, 0) / values.length);
    expect(values).toHaveLength(3 * 768);
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(deviation).toBeGreaterThan(0.019);
    expect(deviation).toBeLessThan(0.021);
    expect([...bias.values]).toEqual([0, 0, 0]);
    expect(head.init(768, createRng(1))).toEqual(head.init(768, createRng(1)));
    expect(head.init(768, createRng(1))).not.toEqual(head.init(768, createRng(2)));
  });
});

describe("metrics", () => {
  const head = classification(["a", "b", "c"]);
  const logits = Float32Array.of(2, 1, 0, 0, 2, 1, 0, 2, 1, 5, 0, 0, 9, 9, 9);

  it("count labelled rows only", () => {
    // predicted a b b a, actual a b a b; nothing is c
    expect(head.metrics(logits, Int32Array.of(0, 1, 0, 1, -1))).toEqual({
      accuracy: 0.5,
      macroF1: 1 / 3,
      support: 4,
    });
  });

  it("are undefined without a labelled row", () => {
    const none = { accuracy: Number.NaN, macroF1: 0, support: 0 };
    expect(head.metrics(new Float32Array(0), new Int32Array(0))).toEqual(none);
    expect(head.metrics(logits, new Int32Array(5).fill(-1))).toEqual(none);
  });

  it("need lengths that fit and targets in range", () => {
    expect(failure(() => head.metrics(logits, Int32Array.of(0)))).toEqual([
      "SHAPE_MISMATCH",
      "classification: logits of 5 rows for targets of 1",
    ]);
    expect(failure(() => head.metrics(logits, Int32Array.of(0, 1, 2, 3, 0)))[0]).toBe(
      "SHAPE_MISMATCH",
    );
  });
});

describe("configuration", () => {
  it("round trips through JSON with every default written out", () => {
    expect(sentiment.config).toEqual({
      kind: "classification",
      labels: ["negative", "positive"],
      dropout: 0.1,
      labelSmoothing: 0,
    });
    const full = classification(["a", "b"], {
      dropout: 0,
      labelSmoothing: 0.1,
      classWeights: [1, 2],
    });
    const read = headFromConfig(JSON.parse(JSON.stringify(full.config)));
    expect(read.config).toEqual(full.config);
    expect(read.outputSize).toBe(2);
  });

  it.each<[unknown, string]>([
    [["a"], 'classification: labels: expected at least 2 labels (["a"])'],
    [[], "classification: labels: expected at least 2 labels ([])"],
    [["a", "b", "a"], 'classification: labels: "a" occurs twice (["a","b","a"])'],
    [["a", " "], 'classification: labels.1: is an empty label (" ")'],
    [["a", 2], "classification: labels.1: expected string (2)"],
  ])("labels %j are refused", (labels, message) => {
    expect(failure(() => classification(labels as string[]))).toEqual(["CONFIG_INVALID", message]);
  });

  it.each<[object, string]>([
    [{ dropout: 1 }, "classification: dropout: Too big"],
    [{ dropout: -0.1 }, "classification: dropout: Too small"],
    [{ labelSmoothing: 1 }, "classification: labelSmoothing: Too big"],
    [{ classWeights: [1] }, "classification: classWeights: 1 weights for 2 labels ([1])"],
    [{ classWeights: [1, -1] }, "classification: classWeights.1: Too small"],
    [{ classWeights: [0, 0] }, "classification: classWeights: expected a weight above 0"],
    [{ drop: 0.1 }, 'classification: unknown key "drop"'],
  ])("options %j are refused", (options, message) => {
    const [code, told] = failure(() => classification(["a", "b"], options));
    expect(code).toBe("CONFIG_INVALID");
    expect(told).toContain(message);
  });

  it("names the place and every problem of a file", () => {
    const config = { kind: "classification", labels: "a", dropuot: 0.1 };
    expect(failure(() => headFromConfig(config, "heads.json: sentiment"))).toEqual([
      "CONFIG_INVALID",
      [
        'heads.json: sentiment: labels: expected array ("a")',
        'heads.json: sentiment: unknown key "dropuot" (did you mean "dropout"?)',
      ].join("\n"),
    ]);
  });

  it.each<[unknown, string]>([
    [
      { kind: "clasification" },
      'head: kind "clasification" is not one of classification, multi-label, ordinal, regression (did you mean "classification"?)',
    ],
    [{ kind: "toString" }, 'head: kind "toString" is not one of classification'],
    [{}, "head: kind is missing, is not one of classification"],
    [null, "head: null is not a head, expected an object with a kind"],
    [["classification"], 'head: ["classification"] is not a head'],
  ])("%j is no head", (config, message) => {
    const [code, told] = failure(() => headFromConfig(config));
    expect(code).toBe("CONFIG_INVALID");
    expect(told).toContain(message);
  });
});
