import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EspalierError } from "@espalier/core";
import { loadTokenizer } from "@espalier/tokenizer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixture, readJson } from "./fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: the cases reach deep into files of any shape
type Json = Record<string, any>;
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "espalier-tokenizer-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Copies a fixture, with changes to tokenizer.json and tokenizer_config.json; null leaves the config out. */
async function copyOf(
  name: string,
  change: (definition: Json, config: Json) => void,
): Promise<string> {
  const definition = readJson<Json>(fixture(`${name}/tokenizer.json`));
  const config = readJson<Json>(fixture(`${name}/tokenizer_config.json`));
  change(definition, config);
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(definition));
  await writeFile(join(directory, "tokenizer_config.json"), JSON.stringify(config));
  return directory;
}

const idsOf = async (from: string, text = "The man sat on a café chair."): Promise<number[]> => [
  ...(await loadTokenizer(from)).encode(text).ids,
];

describe("what is in a directory", () => {
  it("plays no part where it is baked-in padding and truncation", async () => {
    const changed = await copyOf("tiny-bert", (definition) => {
      definition.truncation = {
        direction: "Right",
        max_length: 4,
        strategy: "LongestFirst",
        stride: 0,
      };
      definition.padding = {
        strategy: { Fixed: 48 },
        direction: "Right",
        pad_to_multiple_of: null,
        pad_id: 0,
        pad_type_id: 0,
        pad_token: "[PAD]",
      };
    });
    expect(await idsOf(changed)).toEqual(await idsOf(fixture("tiny-bert")));
  });

  it("gives the limit: the option, model_max_length, 512 for a senseless one", async () => {
    const lengthOf = async (modelMaxLength: unknown, maxLengthTokens?: number) => {
      const from = await copyOf("tiny-bert", (_, config) => {
        config.model_max_length = modelMaxLength;
      });
      return (await loadTokenizer(from, maxLengthTokens ? { maxLengthTokens } : {}))
        .maxLengthTokens;
    };
    expect(await lengthOf(64)).toBe(64);
    expect(await lengthOf(64, 100)).toBe(100);
    expect(await lengthOf(1e30)).toBe(512);
    expect(await lengthOf(undefined)).toBe(512);
    await expect(lengthOf("long")).rejects.toThrow(
      /tokenizer_config.json: model_max_length: .*"long"/,
    );
  });

  it("does without tokenizer_config.json", async () => {
    await cp(fixture("tiny-bert/tokenizer.json"), join(directory, "tokenizer.json"));
    expect(await idsOf(directory)).toEqual(await idsOf(fixture("tiny-bert")));
  });

  it("lowercases as tokenizer_config.json says for the classes of BERT", async () => {
    const lower = await idsOf(fixture("tiny-bert"), "the man sat");
    const upper = await idsOf(fixture("tiny-bert"), "THE MAN SAT");
    expect(upper).not.toEqual(lower);
    const changed = await copyOf("tiny-bert", (_, config) => {
      config.do_lower_case = true;
    });
    expect(await idsOf(changed, "THE MAN SAT")).toEqual(lower);
    // The default of the class, not what tokenizer.json says.
    const absent = await copyOf("tiny-bert", (_, config) => {
      delete config.do_lower_case;
    });
    expect(await idsOf(absent, "THE MAN SAT")).toEqual(lower);
    const other = await copyOf("tiny-bert", (_, config) => {
      config.do_lower_case = true;
      config.tokenizer_class = "PreTrainedTokenizerFast";
    });
    expect(await idsOf(other, "THE MAN SAT")).toEqual(upper);
  });

  it("reads special tokens written as objects", async () => {
    const changed = await copyOf("tiny-bert", (_, config) => {
      config.pad_token = { content: "[MASK]", lstrip: false };
    });
    expect((await loadTokenizer(changed)).padId).toBe(4);
  });

  it("takes the padding token from special_tokens_map.json where the config has none", async () => {
    const changed = await copyOf("tiny-bert", (_, config) => {
      delete config.pad_token;
    });
    await writeFile(join(changed, "special_tokens_map.json"), '{"pad_token": "[UNK]"}');
    expect((await loadTokenizer(changed)).padId).toBe(1);
  });
});

describe("a vocab.txt alone", () => {
  it("is BERT, cased or not by the config", async () => {
    await cp(fixture("bert-base-uncased/vocab.txt"), join(directory, "vocab.txt"));
    const ids = await idsOf(directory, "Héllo [MASK]!");
    expect(ids).toEqual([101, 7592, 103, 999, 102]);
    await writeFile(join(directory, "tokenizer_config.json"), '{"do_lower_case": false}');
    expect(await idsOf(directory, "hello Hello")).toEqual([101, 7592, 100, 102]);
  });

  it("reads lines of any end and counts empty ones", async () => {
    const lines = ["[PAD]", "[UNK]", "", "[CLS]", "[SEP]", "[MASK]", "a", "##b"];
    await writeFile(join(directory, "vocab.txt"), lines.join("\r\n"));
    const tokenizer = await loadTokenizer(directory);
    expect([...tokenizer.encode("ab a c").ids]).toEqual([3, 6, 7, 6, 1, 4]);
    expect(tokenizer.vocabSize).toBe(8);
  });

  it("has the special tokens of MPNet for its class", async () => {
    const lines = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "a", "<mask>"];
    await writeFile(join(directory, "vocab.txt"), lines.join("\n"));
    await writeFile(
      join(directory, "tokenizer_config.json"),
      '{"tokenizer_class": "MPNetTokenizer"}',
    );
    const tokenizer = await loadTokenizer(directory);
    expect([...tokenizer.encode(["a", "a <mask>"]).ids]).toEqual([0, 5, 2, 2, 5, 6, 2]);
    expect(tokenizer.padId).toBe(1);
  });

  it("is saved with a tokenizer.json that gives the same ids", async () => {
    await cp(fixture("bert-base-uncased/vocab.txt"), join(directory, "vocab.txt"));
    const text = "Tokenization of naïve strings, 中文 too.";
    const tokenizer = await loadTokenizer(directory);
    const saved = join(directory, "saved");
    await mkdir(saved);
    for (const { name, bytes } of tokenizer.files()) await writeFile(join(saved, name), bytes);
    expect((await readdir(saved)).sort()).toEqual(["tokenizer.json", "vocab.txt"]);
    expect(await idsOf(saved, text)).toEqual([...tokenizer.encode(text).ids]);
  });
});

it("saves the files of the directory, unchanged, and no others", async () => {
  await cp(fixture("tiny-roberta"), directory, { recursive: true });
  await writeFile(join(directory, "special_tokens_map.json"), '{ "pad_token" : "<pad>" }\n');
  await writeFile(join(directory, "config.json"), "{}");
  const files = (await loadTokenizer(directory)).files();
  expect(files.map(({ name }) => name).sort()).toEqual([
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  for (const { name, bytes } of files) {
    expect(Buffer.from(bytes).equals(await readFile(join(directory, name)))).toBe(true);
  }
});

describe("a broken directory ends in one clear error:", () => {
  const cases: ReadonlyArray<
    readonly [
      what: string,
      fixture: string,
      change: (definition: Json, config: Json) => void,
      RegExp,
    ]
  > = [
    [
      "unknown model",
      "tiny-bert",
      (d) => {
        d.model.type = "Syllable";
      },
      /model: .*"Syllable"/,
    ],
    [
      "unknown normalizer",
      "tiny-bert",
      (d) => {
        d.normalizer = { type: "Rot13" };
      },
      /normalizer: .*"Rot13"/,
    ],
    [
      "unknown pre-tokenizer",
      "tiny-bert",
      (d) => {
        d.pre_tokenizer.type = "Leet";
      },
      /"Leet"/,
    ],
    [
      "unknown post-processor",
      "tiny-bert",
      (d) => {
        d.post_processor.type = "Zip";
      },
      /"Zip"/,
    ],
    [
      "no unknown token",
      "tiny-bert",
      (d) => {
        d.model.unk_token = "[OOV]";
      },
      /"\[OOV\]"/,
    ],
    [
      "bad merge",
      "tiny-roberta",
      (d) => {
        d.model.merges.push(["ab", "z"]);
      },
      /"ab z"/,
    ],
    [
      "merge of three",
      "tiny-roberta",
      (d) => {
        d.model.merges[3] = "a b c";
      },
      /merges\[3\].*"a b c"/,
    ],
    [
      "bad id",
      "tiny-bert",
      (d) => {
        d.model.vocab.the = -1;
      },
      /"the".*-1/,
    ],
    [
      "no vocabulary",
      "tiny-bert",
      (d) => {
        d.model.vocab = {};
      },
      /model\.vocab: is empty/,
    ],
    [
      "bad piece",
      "tiny-xlm-roberta",
      (d) => {
        d.model.vocab[7] = ["x"];
      },
      /vocab\[7\].*\["x"\]/,
    ],
    [
      "bad unknown id",
      "tiny-xlm-roberta",
      (d) => {
        d.model.unk_id = 99999;
      },
      /unk_id.*1200.*99999/,
    ],
    [
      "cut charsmap",
      "tiny-xlm-roberta",
      (d) => {
        d.normalizer.precompiled_charsmap = "AIQAAA==";
      },
      /precompiled_charsmap: the table is cut off/,
    ],
    [
      "no model",
      "tiny-bert",
      (d) => {
        delete d.model;
      },
      /model: expected an object, got nothing/,
    ],
    [
      "bad scheme",
      "tiny-xlm-roberta",
      (d) => {
        d.pre_tokenizer.pretokenizers[1].prepend_scheme = "last";
      },
      /always, first, never.*"last"/,
    ],
    [
      "bad flag",
      "tiny-bert",
      (d) => {
        d.normalizer.clean_text = "yes";
      },
      /clean_text: expected true or false, got "yes"/,
    ],
    [
      "bad template",
      "tiny-bert",
      (d) => {
        d.post_processor.single[1].Sequence.id = "C";
      },
      /expected A or B, got "C"/,
    ],
    [
      "unknown padding token",
      "tiny-bert",
      (_, c) => {
        c.pad_token = "[NO]";
      },
      /tokenizer_config.json.*"\[NO\]"/,
    ],
    [
      "bad class",
      "tiny-bert",
      (_, c) => {
        c.tokenizer_class = 7;
      },
      /tokenizer_class: expected a string, got 7/,
    ],
  ];
  it.each(cases)("%s", async (_, name, change, message) => {
    const error = await loadTokenizer(await copyOf(name, change)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(EspalierError.isInstance(error) && error.code).toMatch(/FILE_INVALID|UNSUPPORTED/);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(directory);
  });

  it("no files, or none of a directory that is not there", async () => {
    for (const missing of [directory, join(directory, "nowhere")]) {
      await expect(loadTokenizer(missing)).rejects.toMatchObject({
        code: "FILE_NOT_FOUND",
        message: expect.stringContaining(join(missing, "tokenizer.json")),
      });
    }
  });

  it.each([
    ["cut off", '{"version": "1.0", "model": {'],
    ["a list", "[]"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ])("tokenizer.json is %s", async (_, content) => {
    await writeFile(join(directory, "tokenizer.json"), content);
    await expect(loadTokenizer(directory)).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringContaining("tokenizer.json"),
    });
  });

  it("tokenizer.json is a directory", async () => {
    await mkdir(join(directory, "tokenizer.json"));
    await expect(loadTokenizer(directory)).rejects.toMatchObject({ code: "FILE_INVALID" });
  });

  it("a vocab.txt without the unknown token", async () => {
    await writeFile(join(directory, "vocab.txt"), "[PAD]\n[CLS]\n[SEP]\na\n");
    await expect(loadTokenizer(directory)).rejects.toThrow(/vocab.txt: .*"\[UNK\]"/);
  });
});

it("prints nothing and asks no network, whatever the class", async () => {
  const spies = [
    vi.spyOn(process.stdout, "write"),
    vi.spyOn(process.stderr, "write"),
    vi.spyOn(console, "warn"),
    vi.spyOn(globalThis, "fetch"),
  ];
  for (const name of ["tiny-bert", "tiny-modernbert", "bert-base-uncased"])
    await idsOf(fixture(name));
  for (const tokenizerClass of ["MarianTokenizer", "XLMTokenizer", "TokenizersBackend"]) {
    const from = await copyOf("tiny-bert", (_, config) => {
      config.tokenizer_class = tokenizerClass;
    });
    await idsOf(from);
  }
  await loadTokenizer(join(directory, "nowhere")).catch(() => undefined);
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});
