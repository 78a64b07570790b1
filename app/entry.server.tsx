import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable, type EntryContext } from "@remix-run/node";
import { RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { log, redactUrl } from "./lib/log.server";
import { shopify } from "./shopify/app.server";

/** The hot addresses come out of the same bundle as the pages: one pool, one group commit, one set of figures, whichever way a request comes. */
export { answerRequest } from "./routes/request.server";
export { closeDatabase } from "./lib/db.server";
export { countProcess } from "./lib/metrics.server";
export { beginStop } from "./lib/stopping.server";

const RENDER_LIMIT_MS = 10_000;

export default function handleRequest(request: Request, status: number, headers: Headers, context: EntryContext): Promise<Response> {
  shopify.addDocumentResponseHeaders(request, headers);
  headers.set("Content-Type", "text/html");
  const ready = isbot(request.headers.get("user-agent") ?? "") ? "onAllReady" : "onShellReady";

  return new Promise((resolve, reject) => {
    const { pipe, abort } = renderToPipeableStream(<RemixServer context={context} url={request.url} abortDelay={RENDER_LIMIT_MS} />, {
      [ready]() {
        const body = new PassThrough();
        resolve(new Response(createReadableStreamFromReadable(body), { headers, status }));
        pipe(body);
      },
      onShellError: reject,
      onError(error: unknown) {
        log.error({ error: String(error) }, "a page failed while rendering");
      },
    });
    setTimeout(abort, RENDER_LIMIT_MS + 1000).unref();
  });
}

/** Errors of loaders and actions: once, redacted, never with the request's body. */
export function handleError(error: unknown, { request }: { request: Request }): void {
  if (request.signal.aborted) return;
  log.error({ path: redactUrl(new URL(request.url).pathname), err: error }, "a request failed");
}
