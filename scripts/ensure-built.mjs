// Compiles an app and the packages it stands on when a source file is newer than the last build,
// so that the command-line tools run from a fresh clone and after every edit.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** @param {string} app folder below `apps/` */
export function ensureBuilt(app) {
  const stamp = join(root, "apps", app, "dist", ".built");
  if (newestSource(app) <= modified(stamp)) return;
  process.stderr.write("building …\n");
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const build = spawnSync(process.execPath, [compiler, "-b", join("apps", app)], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (build.status !== 0) process.exit(build.status ?? 1);
  mkdirSync(join(root, "apps", app, "dist"), { recursive: true });
  writeFileSync(stamp, "");
}

function newestSource(app) {
  const folders = [join(root, "apps", app)];
  for (const name of readdirSync(join(root, "packages")))
    folders.push(join(root, "packages", name));
  let newest = modified(join(root, "tsconfig.base.json"));
  for (const folder of folders) {
    const source = join(folder, "src");
    for (const file of readdirSync(source, { recursive: true }))
      if (String(file).endsWith(".ts"))
        newest = Math.max(newest, modified(join(source, String(file))));
  }
  return newest;
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
