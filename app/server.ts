/**
 * One HTTP server: the hot addresses first (checkout, webhooks, health), straight from node:http, then Remix. Both come
 * from one build, so they share one pool. Stops gracefully: no new connections, requests in flight are answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequestHandler } from "@remix-run/express";
import type { ServerBuild } from "@remix-run/node";
import express from "express";
import { env } from "./lib/env.server";
import { log, redactUrl } from "./lib/log.server";

const STOP_LIMIT_MS = 10_000;
const BUILD = path.resolve("build");

interface Entry {
  answerHot(request: IncomingMessage, response: ServerResponse): boolean;
  closeDatabase(): Promise<void>;
}

const { build, assets } = env.NODE_ENV === "development" ? await developmentBuild() : await productionBuild();
const entry = (typeof build === "function" ? await build() : build).entry.module as unknown as Entry;

const pages = express();
pages.disable("x-powered-by");
pages.set("trust proxy", true);
for (const asset of assets) pages.use(...asset);
pages.all("*", createRequestHandler({ build, mode: env.NODE_ENV }));

const server = createServer((request, response) => {
  const startedAt = performance.now();
  response.on("finish", () => {
    const line = { method: request.method, url: redactUrl(request.url ?? ""), status: response.statusCode, ms: Math.round(performance.now() - startedAt) };
    log.info(line, "request");
  });
  if (!entry.answerHot(request, response)) pages(request, response);
});

server.listen(env.PORT, env.BIND_ADDRESS, () => log.info({ port: env.PORT }, "listening"));

interface Build {
  build: ServerBuild | (() => Promise<ServerBuild>);
  assets: [string, express.Handler][];
}

/** What `npm run build` left behind. */
async function productionBuild(): Promise<Build> {
  const build = (await import(pathToFileURL(path.join(BUILD, "server/index.js")).href)) as ServerBuild;
  return {
    build,
    assets: [
      ["/assets", express.static(path.join(BUILD, "client/assets"), { immutable: true, maxAge: "1y" })],
      ["/", express.static(path.join(BUILD, "client"), { maxAge: "1h" })],
    ],
  };
}

/** Vite builds each page when it is asked for. The hot addresses are those of the start: restart to change them. */
async function developmentBuild(): Promise<Build> {
  const vite = await (await import("vite")).createServer({ server: { middlewareMode: true }, appType: "custom" });
  return {
    build: () => vite.ssrLoadModule("virtual:remix/server-build") as Promise<ServerBuild>,
    assets: [["/", vite.middlewares]],
  };
}

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const limit = setTimeout(() => process.exit(1), STOP_LIMIT_MS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  await entry.closeDatabase();
  clearTimeout(limit);
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
