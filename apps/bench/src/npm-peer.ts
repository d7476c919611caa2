import { createInterface } from "node:readline";
import {
  importLibrary,
  type LibraryName,
  type OpenLibrary,
  type Pipeline,
  type PipelineOptions,
} from "./npm-peers/library.ts";

type Request =
  | { readonly op: "hello"; readonly library: LibraryName }
  | ({ readonly op: "load" } & PipelineOptions)
  | {
      readonly op: "encode";
      readonly texts: readonly string[];
      readonly batchSize: number;
      /** True: in order of length, which users do by hand. */
      readonly sorted: boolean;
    };

/** Answers requests, a line of JSON each, as the Python peer does. */
export async function serve(): Promise<void> {
  const answer = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
  console.log = console.error; // a library's remarks must not mix with the answers
  const handle = handler();
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      answer(await handle(JSON.parse(line) as Request));
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function handler(): (request: Request) => Promise<object> {
  let opened: OpenLibrary | undefined;
  let encode: Pipeline | undefined;
  return async (request) => {
    if (request.op === "hello") {
      const { library } = request;
      opened = await importLibrary(library);
      return { versions: { [library]: opened.version } };
    }
    if (request.op === "load") {
      encode = await opened?.open(request);
      return {};
    }
    if (encode === undefined) throw new Error("nothing is loaded");
    return timed(encode, request);
  };
}

async function timed(
  encode: Pipeline,
  { texts, batchSize, sorted }: Extract<Request, { op: "encode" }>,
): Promise<{ seconds: number; sample: number[][] }> {
  const start = performance.now();
  const order = texts.map((_, i) => i);
  if (sorted) order.sort((a, b) => (texts[b] as string).length - (texts[a] as string).length);
  const vectors: Float32Array[] = Array(texts.length);
  for (let first = 0; first < order.length; first += batchSize) {
    const places = order.slice(first, first + batchSize);
    const found = await encode(places.map((i) => texts[i] as string));
    for (const [row, i] of places.entries()) vectors[i] = found[row] as Float32Array;
  }
  const seconds = (performance.now() - start) / 1000;
  return { seconds, sample: vectors.slice(0, 8).map((vector) => [...vector.subarray(0, 4)]) };
}
