export { type ConformanceCheck, conformanceChecks } from "./conformance-checks.ts";
export { type PlainOperation, plainOperations } from "./plain-operations.ts";
