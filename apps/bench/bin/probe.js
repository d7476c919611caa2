import { probe } from "../dist/probe.js";

await probe(process.argv[2]);
