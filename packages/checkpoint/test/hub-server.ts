import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A model repository as the stand-in serves it. */
export interface FakeRepository {
  commit: string;
  files: Record<string, Uint8Array | string>;
  /** Files that the Hub keeps as large files, listed with their SHA-256. */
  large?: readonly string[];
}

export interface FakeHub {
  url: string;
  /** `METHOD /path` of every request, in order. */
  requests: string[];
  repositories: Record<string, FakeRepository>;
  /** What goes wrong with a file. */
  faults: Record<string, "cut" | "damaged" | "short" | "missing">;
  close(): Promise<void>;
}

/** A server on 127.0.0.1 with the endpoints of the Hugging Face Hub that a download uses. */
export async function startFakeHub(repositories: Record<string, FakeRepository>): Promise<FakeHub> {
  const server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hub: FakeHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    repositories,
    faults: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  onTestFinished(() => hub.close());
  return hub;
}

function answer(hub: FakeHub, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", hub.url);
  hub.requests.push(`${request.method} ${url.pathname}`);
  for (const [name, repository] of Object.entries(hub.repositories)) {
    const info = url.pathname.match(`^/api/models/${name}/revision/([^/]+)$`)?.[1];
    const tree = url.pathname.match(`^/api/models/${name}/tree/([^/]+)$`)?.[1];
    const [, resolved, path] = url.pathname.match(`^/${name}/resolve/([^/]+)/(.+)$`) ?? [];
    const revision = info ?? tree ?? resolved;
    if (revision === undefined || !["main", "HEAD", repository.commit].includes(revision)) continue;
    if (info !== undefined)
      json(response, { _id: "1", id: name, sha: repository.commit, lastModified: 0 });
    else if (tree !== undefined) list(repository, url, response);
    else send(hub, { repository, path: path as string }, { request, response });
    return;
  }
  response.writeHead(404, { "x-error-code": "RepoNotFound" }).end("Repository not found");
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Two files a page, to see the pages followed. */
function list({ files, large = [] }: FakeRepository, url: URL, response: ServerResponse): void {
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const page = Object.entries(files).slice(start, start + 2);
  const entries = page.map(([path, content]) => {
    const bytes = Buffer.from(content);
    const blob = Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]);
    const hash = (kind: string, data: Buffer) => createHash(kind).update(data).digest("hex");
    const lfs = { oid: hash("sha256", bytes), size: bytes.length, pointerSize: 130 };
    return {
      type: "file",
      path,
      size: bytes.length,
      oid: hash("sha1", blob),
      ...(large.includes(path) ? { lfs } : {}),
    };
  });
  if (start + 2 < Object.keys(files).length) {
    url.searchParams.set("cursor", String(start + 2));
    response.setHeader("link", `<${url.href}>; rel="next"`);
  }
  json(response, entries);
}

function send(
  hub: FakeHub,
  file: { repository: FakeRepository; path: string },
  exchange: { request: IncomingMessage; response: ServerResponse },
): void {
  const { request, response } = exchange;
  const content = file.repository.files[file.path];
  const fault = hub.faults[file.path];
  if (content === undefined || fault === "missing") {
    response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    return;
  }
  const bytes = Buffer.from(content);
  const etag = '"1"';
  if (request.headers.range === "bytes=0-0") {
    const range = { "content-range": `bytes 0-0/${bytes.length}`, etag };
    response.writeHead(206, range).end(bytes.subarray(0, 1));
    return;
  }
  if (fault === "damaged") bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  const half = bytes.subarray(0, bytes.length >> 1);
  if (fault === "short") {
    response.writeHead(200, { "content-length": half.length, etag }).end(half);
    return;
  }
  response.writeHead(200, { "content-length": bytes.length, etag });
  if (fault === "cut") response.write(half, () => setTimeout(() => response.destroy(), 20));
  else response.end(bytes);
}
