#!/usr/bin/env node
import { ensureBuilt } from "../../../scripts/ensure-built.mjs";

ensureBuilt("bench");
const { run } = await import("../dist/main.js");
await run(process.argv.slice(2));
