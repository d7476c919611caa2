import { EspalierError } from "@espalier/core";

/** Code and message of the error that `run` ends with; other errors, and none, fail the test. */
export async function failure(run: () => unknown): Promise<[string, string]> {
  try {
    await run();
  } catch (error) {
    if (EspalierError.isInstance(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error("did not throw");
}
