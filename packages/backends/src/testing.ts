import type { ExecutionProvider } from "tfjs-backend-onnxruntime";
import { startBackend } from "./start-backend.ts";

/**
 * The backends that tests of models run on: those that the environment variable `ESPALIER_BACKENDS` lists, separated
 * by commas, for instance `tensorflow,onnxruntime:webgpu`; without it those that need nothing but npm, the slowest
 * first.
 */
export function testBackends(): readonly string[] {
  return (process.env.ESPALIER_BACKENDS ?? "cpu,wasm,onnxruntime").split(",");
}

/**
 * Starts a backend of `testBackends`.
 * @param backend a name of `BACKEND_NAMES`, after a colon perhaps a provider. Default: the first, for tests that need
 * one backend only
 * @throws {EspalierError} as `startBackend`
 */
export async function startTestBackend(
  backend: string = testBackends()[0] as string,
): Promise<void> {
  const [name, provider] = backend.split(":");
  await startBackend(name as string, { provider: provider as ExecutionProvider | undefined });
}
