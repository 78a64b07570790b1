/**
 * The whole of it for browser tests: the demo on free ports with data of its own, and a Chromium in strict mode: real host
 * names of Shopify, TLS, the app's own Content-Security-Policy, nothing rewritten in passing.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { request as httpRequest } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { AxeBuilder } from "@axe-core/playwright";
import type { FrameLocator, Page } from "playwright-core";
import { z } from "zod";
import { launchBrowser, type LaunchedBrowser } from "#scripts/browser.ts";
import { findFreePorts } from "#scripts/demo/ports.ts";
import { selfSigned } from "./certificate";

const START_LIMIT_MS = 170_000;

const Addresses = z.object({ admin: z.url(), storefront: z.url(), app: z.url(), shop: z.string() });
export type Addresses = z.infer<typeof Addresses>;

export interface Stage {
  addresses: Addresses;
  /** The admin at its real address, for a strict browser. */
  strictAdmin: string;
  /** A browser for which Shopify's hosts are the local store and the app's address is the app itself. */
  strictBrowser(): Promise<LaunchedBrowser>;
  close(): Promise<void>;
}

/** Starts everything anew: data of an earlier run may be of another version. */
export async function openStage(): Promise<Stage> {
  const port = await findFreePorts();
  const demo = spawn(process.execPath, ["scripts/demo.mjs", "--json", "--reset", "--port", String(port)], {
    env: { ...withoutTestEnvironment(process.env), SCRIP_DATA: ".data/browser" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const addresses = await addressesOf(demo);
    const front = await startTlsFront(port);
    const tls = (front.address() as AddressInfo).port;
    const shopify = ["admin.shopify.com", "cdn.shopify.com", "*.myshopify.com"].map((host) => `MAP ${host}:443 127.0.0.1:${tls}`);
    // The app's address is that of the proxy that rewrites for ordinary browsers; here it leads past it.
    const hostRules = [...shopify, `MAP localhost:${port + 1} 127.0.0.1:${port + 2}`].join(",");
    return {
      addresses,
      strictAdmin: `https://admin.shopify.com${new URL(addresses.admin).pathname}`,
      strictBrowser: () => launchBrowser({ hostRules }),
      async close() {
        front.closeAllConnections();
        front.close();
        await stop(demo);
      },
    };
  } catch (error) {
    await stop(demo);
    throw error;
  }
}

/** The test runner's own database and secrets are not the demo's. */
function withoutTestEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(NODE_ENV|DATABASE_URL|SHOPIFY_.*|LOG_LEVEL|VITEST.*)$/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.test(name))) as NodeJS.ProcessEnv;
}

/** The line of JSON that says all is up; rejects with what the demo said when it ends before. */
function addressesOf(demo: ChildProcess): Promise<Addresses> {
  return new Promise((resolve, reject) => {
    let said = "";
    const limit = setTimeout(() => reject(new Error(`the demo was not up after ${START_LIMIT_MS / 1000} s:\n${said}`)), START_LIMIT_MS);
    demo.stderr?.on("data", (part) => (said += part));
    demo.once("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
    if (!demo.stdout) return reject(new Error("the demo has no output"));
    createInterface({ input: demo.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      clearTimeout(limit);
      resolve(Addresses.parse(JSON.parse(line)));
    });
  });
}

async function stop(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null) return;
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  demo.kill("SIGTERM");
  await ended;
}

/** TLS in front of the store: the same addresses, with Shopify's host names. */
function startTlsFront(storePort: number): Promise<Server> {
  const server = createServer(selfSigned("admin.shopify.com"), (request, response) => {
    const onward = httpRequest({ host: "127.0.0.1", port: storePort, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** The app inside the admin. */
export function appOf(page: Page): FrameLocator {
  return page.frameLocator("iframe#app");
}

/** Collects everything a page complains of: errors on the console, exceptions, requests that failed. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  return complaints;
}

const APP_FRAME: { fromFrames: [string, string] } = { fromFrames: ["iframe#app", "body"] };

/** What axe finds serious or critical inside the app's frame, or in the part of the page that is named; one line each. */
export async function seriousViolations(page: Page, part: string | typeof APP_FRAME = APP_FRAME): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map((violation) => ({ ...violation, nodes: violation.nodes.filter((node) => !isOfPolaris(violation.id, node.html)) }))
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 200)).slice(0, 3).join("; ")})`);
}

/** Polaris puts its own "More views" button into the list of tabs when they do not all fit; nothing of ours can change that. */
function isOfPolaris(rule: string, html: string): boolean {
  return rule === "aria-required-children" && html.startsWith('<ul class="Polaris-Tabs');
}
