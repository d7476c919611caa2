import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const BLOCK_ID = /README\.md\.(\d+)\.ts$/;

/**
 * Turns every README into a test file: each fenced `ts` block is a module of its own that has to run
 * without throwing. A README without such a block fails, so an example can't get lost.
 */
export function readmeExamples(root: string): Plugin {
  return {
    name: "readme-examples",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (BLOCK_ID.test(source)) return source;
      if (importer === undefined || !BLOCK_ID.test(importer)) return null;
      // Neither a package nor the root finds the workspace's packages in its own node_modules.
      const workspace = join(root, "packages", source.replace("@espalier/", ""), "src", "index.ts");
      if (existsSync(workspace)) return workspace;
      return this.resolve(source, importer, { ...options, skipSelf: true });
    },
    load(id) {
      const block = BLOCK_ID.exec(id);
      if (block === null) return null;
      return examples(id.replace(BLOCK_ID, "README.md"))[Number(block[1])] ?? null;
    },
    transform(_code, id) {
      if (!id.endsWith("README.md")) return null;
      const count = examples(id).length;
      const tests = Array.from(
        { length: count },
        (_, i) => `it("example ${i + 1} runs", async () => { await import("${id}.${i}.ts"); });`,
      );
      return [
        `import { expect, it } from "vitest";`,
        `it("has an example", () => { expect(${count}).toBeGreaterThan(0); });`,
        ...tests,
      ].join("\n");
    },
  };
}

function examples(readme: string): string[] {
  const text = readFileSync(readme, "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
}
