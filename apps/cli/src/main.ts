import { readFileSync } from "node:fs";
import { runProgram } from "@espalier/terminal";
import { demo } from "./commands/demo.ts";
import { embed } from "./commands/embed.ts";
import { evaluate } from "./commands/evaluate.ts";
import { inspect } from "./commands/inspect.ts";
import { predict } from "./commands/predict.ts";
import { train } from "./commands/train.ts";
import { processOutput } from "./output.ts";

/** Runs one command line and sets the exit code. @param words what stands behind the program's name */
export async function run(words: readonly string[]): Promise<void> {
  const manifest = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  // A reader that stops early (`espalier predict … | head`) is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  process.exitCode = await runProgram(
    {
      name: "espalier",
      version,
      tagline: "espalier: one sentence encoder, many task heads, trained in Node.js",
      commands: [demo, train, evaluate, predict, embed, inspect],
      examples: [
        "espalier demo",
        "espalier train reviews.csv",
        'echo "The pasta was superb" | espalier predict runs/reviews-1/model',
      ],
    },
    words,
    processOutput(),
  );
}
