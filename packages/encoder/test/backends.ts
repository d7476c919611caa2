import { testBackends } from "@espalier/backends/testing";

/** For models of real size. */
export const FASTEST = testBackends().at(-1) as string;
