import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { EspalierError } from "@espalier/core";
import { SentenceTransformer } from "@espalier/encoder";
import { count, defineCommand } from "@espalier/terminal";
import { interruptible } from "../interrupt.ts";
import { processOutput } from "../output.ts";
import { readTextChunks, textOption } from "../read-inputs.ts";
import { backendOptions, startEngine } from "../shared-options.ts";

export const embed = defineCommand({
  name: "embed",
  summary: "sentence vectors for texts",
  description:
    "Reads texts (a line each, or the text column of a CSV, TSV, JSON or JSONL file) and writes one JSON line a text: {text, embedding}.",
  positionals: [
    {
      name: "MODEL",
      description: "a model directory, a name on the Hugging Face Hub, or use-lite",
      required: true,
    },
    { name: "FILE", description: "texts; standard input when left out or -", required: false },
  ],
  options: {
    out: {
      kind: "text",
      placeholder: "FILE",
      description: "write here instead of stdout",
      short: "o",
    },
    text: { kind: "text", placeholder: "COLUMN", description: "the column with the text" },
    pooling: {
      kind: "choice",
      choices: ["cls", "mean", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"],
      description: "how tokens become a vector; the model's own way when left out",
    },
    prompt: { kind: "text", placeholder: "NAME", description: "a prompt of the model, by name" },
    normalize: { kind: "flag", description: "vectors of length 1" },
    "batch-size": { kind: "integer", min: 1, default: 32, description: "texts a launch" },
    offline: { kind: "flag", description: "never download" },
    ...backendOptions,
  },
  examples: [
    'echo "The pasta was superb" | espalier embed use-lite',
    "espalier embed sentence-transformers/all-MiniLM-L6-v2 questions.csv --text question --out vectors.jsonl",
  ],
  async run({ positionals: [name, file], options }) {
    const output = processOutput();
    await startEngine(options);
    const encoder = await SentenceTransformer.load(name as string, {
      pooling: options.pooling,
      offline: options.offline ? true : undefined,
    });
    const { signal, release } = interruptible(output);
    const sink = openSink(options.out);
    let done = 0;
    try {
      for await (const texts of readTextChunks(file, textOption(options.text))) {
        const { data, dimension } = await encoder.encode(texts, {
          batchSize: options["batch-size"],
          normalize: options.normalize,
          promptName: options.prompt,
          signal,
        });
        for (const [i, text] of texts.entries()) {
          const embedding = Array.from(data.subarray(i * dimension, (i + 1) * dimension));
          await sink.write(`${JSON.stringify({ text, embedding })}\n`);
        }
        done += texts.length;
        if (options.out !== undefined) output.progress(`  ${count(done)} texts`);
      }
      await sink.finish();
      if (options.out !== undefined) output.say(`  ${options.out}: ${count(done)} vectors`);
    } catch (error) {
      await sink.abandon();
      throw error;
    } finally {
      release();
      encoder.dispose();
    }
  },
});

interface Sink {
  write(line: string): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/** stdout, or a file that appears only when it is complete. */
function openSink(path: string | undefined): Sink {
  const partial = path === undefined ? undefined : `${path}.partial`;
  const stream = partial === undefined ? process.stdout : createWriteStream(partial);
  let failure: Error | undefined;
  if (partial !== undefined)
    stream.on("error", (error) => {
      failure = error;
    });
  const check = (): void => {
    if (failure !== undefined)
      throw new EspalierError("FILE_INVALID", `${path}: cannot be written: ${failure.message}`);
  };
  return {
    async write(line) {
      check();
      if (!stream.write(line)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
    },
    async finish() {
      if (partial === undefined) return;
      await new Promise<void>((resolve) => void stream.end(resolve));
      check();
      await rename(partial, path as string);
    },
    async abandon() {
      if (partial === undefined) return;
      stream.end();
      await rm(partial, { force: true });
    },
  };
}
