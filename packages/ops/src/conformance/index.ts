export { type ConformanceCheck, conformanceChecks } from "./conformance-checks.ts";
