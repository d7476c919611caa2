// Puts the apps' programs into node_modules/.bin, so that `pnpm espalier`, `pnpm demo` and `pnpm bench` run them
// directly. (A dependency of the root on its apps would do the same, but then every package would depend on every
// other one through the root, and the layers could not be checked.)
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "node_modules", ".bin");
mkdirSync(folder, { recursive: true });
for (const app of ["cli", "bench"]) {
  const manifest = JSON.parse(readFileSync(join(root, "apps", app, "package.json"), "utf8"));
  for (const [name, file] of Object.entries(manifest.bin)) {
    const target = join(root, "apps", app, file);
    const link = join(folder, name);
    rmSync(link, { force: true });
    if (process.platform === "win32") writeFileSync(`${link}.cmd`, `@node "${target}" %*\r\n`);
    else symlinkSync(relative(folder, target), link);
  }
}
