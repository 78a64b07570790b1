/**
 * For a person's own browser on plain localhost: a reverse proxy in front of the app that does, in passing, what real host
 * names do in production. Three things are rewritten: who may frame the app, redirects to Shopify's admin, and the
 * address of App Bridge. The app itself is untouched.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";

const REAUTHORIZE = "x-shopify-api-request-failure-reauthorize-url";

/** Starts the proxy. `storeUrl` is where the store's admin and App Bridge are served, `upstream` where the app listens. */
export function startAppProxy(options: { port: number; upstream: string; storeUrl: string }): Promise<Server> {
  const upstream = new URL(options.upstream);
  const server = http.createServer((request, response) => forward(request, response, upstream, options.storeUrl));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", () => resolve(server));
  });
}

function forward(request: IncomingMessage, response: ServerResponse, upstream: URL, storeUrl: string): void {
  const onward = http.request({
    host: upstream.hostname,
    port: upstream.port,
    method: request.method,
    path: request.url,
    // Compressed text could not be rewritten.
    headers: { ...request.headers, "accept-encoding": "identity" },
  });
  onward.on("response", (answer) => {
    const headers = rewriteHeaders(answer.headers, storeUrl);
    if (answer.headers["content-type"]?.startsWith("text/html")) void sendRewritten(answer, response, headers, storeUrl);
    else answer.pipe(response.writeHead(answer.statusCode ?? 502, headers));
  });
  onward.on("error", (error) => {
    if (!response.headersSent) response.writeHead(502, { "content-type": "text/plain" });
    response.end(`The app does not answer at ${upstream.href}: ${error.message}`);
  });
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

/** A page is collected whole: an address could be cut in two by a packet's end. */
async function sendRewritten(answer: IncomingMessage, response: ServerResponse, headers: IncomingHttpHeaders, storeUrl: string): Promise<void> {
  const parts: Buffer[] = [];
  try {
    for await (const part of answer) parts.push(part as Buffer);
  } catch {
    return void response.destroy(); // the app was stopped in the middle of its answer
  }
  delete headers["content-length"];
  delete headers["transfer-encoding"];
  response.writeHead(answer.statusCode ?? 502, headers);
  response.end(rewrite(Buffer.concat(parts).toString(), storeUrl));
}

function rewriteHeaders(original: IncomingHttpHeaders, storeUrl: string): IncomingHttpHeaders {
  const headers = { ...original };
  const policy = headers["content-security-policy"];
  if (typeof policy === "string") headers["content-security-policy"] = policy.replace("frame-ancestors", `frame-ancestors ${storeUrl}`);
  for (const name of ["location", "link", REAUTHORIZE]) {
    const value = headers[name];
    if (typeof value === "string") headers[name] = rewrite(value, storeUrl);
  }
  return headers;
}

function rewrite(text: string, storeUrl: string): string {
  return text
    .replaceAll("https://cdn.shopify.com/shopifycloud/app-bridge.js", `${storeUrl}/app-bridge.js`)
    .replaceAll("https://admin.shopify.com/store/", `${storeUrl}/store/`);
}
