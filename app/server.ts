/**
 * One HTTP server: the hot addresses first (checkout, webhooks, health, metrics), straight from node:http, then Remix. Both come
 * from one build, so they share one pool. Stops gracefully: no new connections, requests in flight are answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequestHandler } from "@remix-run/express";
import type { ServerBuild } from "@remix-run/node";
import express from "express";
import { env } from "./lib/env.server";
import { log } from "./lib/log.server";
import { stopWhenTold } from "./lib/stop-server.server";

const BUILD = path.resolve("build");

interface Entry {
  answerRequest(request: IncomingMessage, response: ServerResponse, elsewhere: () => void): void;
  beginStop(): void;
  closeDatabase(): Promise<void>;
  countProcess(): void;
}

const { build, assets } = env.NODE_ENV === "development" ? await developmentBuild() : await productionBuild();
const entry = (typeof build === "function" ? await build() : build).entry.module as unknown as Entry;

const pages = express();
pages.disable("x-powered-by");
pages.set("trust proxy", true);
for (const asset of assets) pages.use(...asset);
pages.all("*", createRequestHandler({ build, mode: env.NODE_ENV }));

entry.countProcess();
const server = createServer((request, response) => entry.answerRequest(request, response, () => pages(request, response)));

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

stopWhenTold(server, { begin: entry.beginStop, end: entry.closeDatabase });
