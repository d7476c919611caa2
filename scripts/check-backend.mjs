// Runs the tests of models, from single operations to training runs that PyTorch recorded, on one backend:
//
//   node scripts/check-backend.mjs tensorflow
//   node scripts/check-backend.mjs onnxruntime:webgpu
//
// The test command itself runs them on what needs nothing but npm. See docs/backends.md.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { ensureBuilt } from "./ensure-built.mjs";

const TESTED = ["backends", "encoder", "heads", "model", "trainer"];

const [backend, ...rest] = process.argv.slice(2);
if (backend === undefined || rest.length > 0) {
  console.error("usage: node scripts/check-backend.mjs BACKEND[:PROVIDER]");
  process.exit(2);
}
const root = resolve(import.meta.dirname, "..");
ensureBuilt("cli");
const require = createRequire(join(root, "packages", "model", "package.json"));
const { startTestBackend } = await import(require.resolve("@espalier/backends/testing"));
try {
  await startTestBackend(backend);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const folders = TESTED.map((name) => `packages/${name}/test/`);
// A software device may need minutes where the test command allows one.
const options = ["--testTimeout=600000", "--reporter=dot", "--reporter=./vitest.reporter.ts"];
const { status } = spawnSync("npx", ["vitest", "run", ...folders, ...options], {
  cwd: root,
  env: { ...process.env, ESPALIER_BACKENDS: backend },
  stdio: "inherit",
});
process.exit(status ?? 1);
