import { expect, it } from "vitest";
import { parseRecipe } from "./read-recipe.ts";

const text = `data: reviews.csv
text: review
tasks:
  sentiment:
    kind: classification
    labels: [negative, positive]
phases:
  - name: everything
    epochs: 3
    learningRate: 1e-4
`;
const parse = (changed: string, overrides: string[] = []) =>
  parseRecipe({ path: "recipe.yaml", text: changed, overrides });

it("fills in the defaults and applies overrides in order", () => {
  const recipe = parse(text, ["batchSize=16", "phases.0.epochs=5", "tasks.sentiment.weight=2"]);
  expect(recipe.batchSize).toBe(16);
  expect(recipe.phases[0]).toEqual({
    name: "everything",
    freeze: "none",
    epochs: 5,
    learningRate: 1e-4,
    warmup: 0.1,
    schedule: "linear",
  });
  expect(recipe.tasks.sentiment?.weight).toBe(2);
  expect(recipe.trunk).toBe("use-lite");
});

it.each([
  [
    "a mistyped key, with its line",
    `${text}batchsize: 3\n`,
    [],
    'recipe.yaml:11: unknown key "batchsize" (did you mean "batchSize"?)',
  ],
  [
    "a mistyped key of a phase",
    text.replace("epochs", "epoch"),
    [],
    'unknown key "epoch" in "phases.0" (did you mean "epochs"?)',
  ],
  [
    "a mistyped key of a task",
    text.replace("labels", "label"),
    [],
    'recipe.yaml:6: unknown key "label" in "tasks.sentiment" (did you mean "labels"?)',
  ],
  [
    "a value of the wrong kind",
    text.replace("epochs: 3", "epochs: many"),
    [],
    'recipe.yaml:9: "phases.0.epochs"',
  ],
  ["broken YAML", "data: [", [], "recipe.yaml:1:"],
  ["an override that is no pair", text, ["batchSize"], "--set batchSize: expected key=value"],
  [
    "an override of an unknown key",
    text,
    ["batchsize=3"],
    '--set batchsize: unknown key "batchsize"',
  ],
  ["an override below a plain value", text, ["seed.x=3"], "--set seed"],
])("refuses %s", (_what, changed, overrides, message) => {
  expect(() => parse(changed, overrides)).toThrow(message);
});

it.each([
  [
    "kind: regression\n    treshold: 1",
    /"treshold" in "tasks.sentiment"; known: kind, column, weight, dropout, loss, center, scale/,
  ],
  ["kind: multi-label\n    labels: []", /"tasks.sentiment.labels": .*1/],
  [
    "kind: regresion",
    /recipe.yaml:5: "tasks.sentiment.kind": "regresion" is not one of classification, multi-label, ordinal, regression \(did you mean "regression"\?\)/,
  ],
  ["kind: regression\n    scale: 0", /"tasks.sentiment.scale": .*0/],
])("refuses a task of %j", (task, message) => {
  const changed = text.replace(/kind: classification\n.*\n/, `${task}\n`);
  expect(() => parse(changed)).toThrow(message);
});

it("reports every problem at once", () => {
  const broken = text.replace("epochs: 3", "epochs: 0").replace("text: review\n", "");
  expect(() => parse(broken)).toThrow(/epochs[\s\S]*text|text[\s\S]*epochs/);
});
