// Builds the native part of @tensorflow/tfjs-node-gpu from the sources in its npm package against a libtensorflow that
// is already on the machine, for instance the one inside the Python wheel:
//
//   python3 -m venv V && V/bin/pip install tensorflow-cpu
//   node scripts/build-tensorflow-binding.mjs V/lib/python3*/site-packages/tensorflow
//
// Needs a C++ compiler and the Node headers that come with Node. See docs/backends.md.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const LIBRARIES = {
  "libtensorflow.so": "libtensorflow_cc.so.2",
  "libtensorflow_cc.so.2": "libtensorflow_cc.so.2",
  "libtensorflow_framework.so": "libtensorflow_framework.so.2",
  "libtensorflow_framework.so.2": "libtensorflow_framework.so.2",
};
const NAPI_VERSION = 8;

const [tensorflow] = process.argv.slice(2).map((path) => resolve(path));
if (tensorflow === undefined || !existsSync(join(tensorflow, "libtensorflow_cc.so.2"))) {
  console.error(
    `${tensorflow ?? "no folder given"}: expected the tensorflow folder of a Python installation, with libtensorflow_cc.so.2 in it`,
  );
  process.exit(2);
}
const root = resolve(import.meta.dirname, "..");
const require = createRequire(join(root, "packages", "backends", "package.json"));
const target = dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json"));

const libraries = join(target, "deps", "lib");
mkdirSync(libraries, { recursive: true });
link(join(tensorflow, "include"), join(target, "deps", "include"));
for (const [name, source] of Object.entries(LIBRARIES))
  link(join(tensorflow, source), join(libraries, name));

const node = resolve(process.execPath, "..", "..");
const npm = spawnSync("npm", ["root", "-g"], { encoding: "utf8" }).stdout.trim();
const gyp = join(npm, "npm", "node_modules", "node-gyp", "bin", "node-gyp.js");
const build = spawnSync(
  process.execPath,
  [
    gyp,
    "rebuild",
    `--nodedir=${node}`,
    "--module_name=tfjs_binding",
    `--module_path=./lib/napi-v${NAPI_VERSION}`,
    `--napi_build_version=${NAPI_VERSION}`,
  ],
  { cwd: target, stdio: "inherit" },
);
if (build.status !== 0) process.exit(build.status ?? 1);
const folder = join(target, "lib", `napi-v${NAPI_VERSION}`);
mkdirSync(folder, { recursive: true });
copyFileSync(
  join(target, "build", "Release", "tfjs_binding.node"),
  join(folder, "tfjs_binding.node"),
);
rmSync(join(target, "build"), { recursive: true });
console.error(`built ${join(folder, "tfjs_binding.node")}; use it with --backend tensorflow`);

function link(source, path) {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(source, path);
}
