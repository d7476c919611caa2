#!/usr/bin/env node
const workspace = new URL("../../../scripts/ensure-built.mjs", import.meta.url);
const { ensureBuilt } = await import(workspace.href);
ensureBuilt("cli");
const { run } = await import("../dist/main.js");
await run(process.argv.slice(2));
