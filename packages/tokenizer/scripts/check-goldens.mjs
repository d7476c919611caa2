// Compares the built package with a folder of golden files: node scripts/check-goldens.mjs FOLDER
// FOLDER has tokenizers/strings.json, tokenizers/NAME.json and the tokenizers in models/NAME or tokenizers/NAME.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer } from "../dist/index.js";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node scripts/check-goldens.mjs FOLDER");
const read = (...path) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));
const { nasty, plain, pairs } = read("tokenizers", "strings.json");
const texts = [...nasty, ...plain].map((entry) => entry.text ?? entry);
const names = [
  "bert-base-uncased",
  "tiny-bert",
  "tiny-distilbert",
  "tiny-modernbert",
  "tiny-mpnet",
  "tiny-roberta",
  "tiny-xlm-roberta",
];
let failures = 0;
for (const name of names) {
  const places = [join(folder, "models", name), join(folder, "tokenizers", name)];
  const tokenizer = await loadTokenizer(places.find(existsSync), { maxLengthTokens: 128 });
  const golden = read("tokenizers", `${name}.json`);
  const inputs = pairs.map(([a, b]) => [texts[a], texts[b]]);
  let [checked, wrong] = [0, 0];
  for (const maxLengthTokens of [16, 128]) {
    for (const [kind, all] of [
      ["single", texts],
      ["pair", inputs],
    ]) {
      for (const [i, { ids, typeIds }] of tokenizer
        .encodeBatch(all, { maxLengthTokens })
        .entries()) {
        const { i: want, y } = golden[`${kind}_${maxLengthTokens}`][i];
        const types = y === undefined || y.every((type, t) => type === (typeIds?.[t] ?? 0));
        checked++;
        if (!types || want.join() !== ids.join()) wrong++;
      }
    }
  }
  failures += wrong;
  console.log(`${name}: ${checked - wrong} of ${checked} as expected`);
}
process.exitCode = failures === 0 ? 0 : 1;
