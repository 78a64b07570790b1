/** The demo itself: everything up in order, the addresses, and everything down again. Started by scripts/demo.mjs. */
import { rmSync } from "node:fs";
import { z } from "zod";
import { passable } from "#scripts/database.ts";
import { DATA, DEMO_SHOP, LOGS, STORE_STATE, addressesOf, appEnvironment, portsFrom, type DemoPorts } from "./addresses";
import { startChild, untilAnswers, type Child } from "./children";
import { readOptions, type DemoOptions } from "./options";
import { requireFree } from "./ports";
import { build, fetchSchema, generateClient, migrate, seed, type SeededShop } from "./prepare";
import { Problem } from "./problem";
import { checkAndPrint, printAddresses, printJson } from "./report";
import { endLeftovers, isRunning, portsOf, readRunFile, removeRunFile, writeRunFile } from "./run-file";

const startedAt = performance.now();
const children: Child[] = [];
let serverPid: number | null = null;
let stopping: Promise<void> | null = null;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stopAll().then(() => process.exit(0)));
// The script that started this one was killed: nobody is left to press Ctrl-C.
process.on("disconnect", () => void stopAll().then(() => process.exit(0)));

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  await stopAll();
  console.error(error instanceof Problem ? `\n${error.message}\n` : error);
  process.exit(1);
}

async function main(options: DemoOptions): Promise<void> {
  const earlier = readRunFile();
  if (earlier && isRunning(earlier)) return joinRunning(options, portsOf(earlier), earlier.main);
  if (earlier) {
    const ended = await endLeftovers(earlier);
    if (ended.length) say(`An earlier demo was killed; stopped what it left: ${ended.join(", ")}`);
  }
  if (options.reset) reset();
  const ports = portsFrom(options.port);
  await requireFree(ports);
  const shop = await startAll(ports, options);
  if (options.check) {
    await checkAndPrint(ports, children);
    await stopAll();
    process.exit(0);
  }
  if (options.json) printJson(ports, shop);
  else printAddresses(ports);
  await Promise.race(children.map((child) => child.died));
}

/** One demo per checkout: a check uses the one that runs, anything else is told where it is. */
async function joinRunning(options: DemoOptions, ports: DemoPorts, pid: number): Promise<void> {
  if (options.check && !options.reset) {
    await checkAndPrint(ports, []);
    process.exit(0);
  }
  throw new Problem(`The demo is running already (process ${pid}):\n  ${addressesOf(ports).admin}\nStop it first with Ctrl-C where it was started, or with: kill ${pid}`);
}

function reset(): void {
  if (process.env.DATABASE_URL) throw new Problem("--reset deletes only the demo's own folder, not a database of yours: unset DATABASE_URL, or empty that database yourself and delete .data/store.json");
  // .data/test-pg belongs to the tests, which may be running.
  for (const data of [passable(`${DATA}/pg`), LOGS, STORE_STATE]) rmSync(data, { recursive: true, force: true });
  say("The demo's data is gone");
}

async function startAll(ports: DemoPorts, options: DemoOptions): Promise<SeededShop> {
  writeRunFile({ main: process.pid, port: ports.store, children: [] });
  await step("Shopify's schema", fetchSchema);
  await step("Prisma client", async () => void (await generateClient()));
  const databaseUrl = await step("database", openDatabase);
  const env = appEnvironment(ports, databaseUrl);
  await step("migrations", () => migrate(databaseUrl));
  await step("build", async () => void (await build()));
  await step("local store", () => start("store", ["test/store/main.ts"], { ...env, STORE_PORT: String(ports.store), APP_PROXY_PORT: String(ports.appProxy), APP_UPSTREAM: `http://127.0.0.1:${ports.app}`, STORE_STATE }, `http://127.0.0.1:${ports.store}/`));
  await step("app and worker", async () => {
    const redirect = ["--import", "./test/store/redirect.mjs"];
    const app = start("app", [...redirect, "app/server.ts"], env, `http://127.0.0.1:${ports.app}/health`);
    await Promise.all([app, start("worker", [...redirect, "app/worker.ts"], env)]);
  });
  const shop = await step("shop", () => seed({ ...env, DEMO_SHOP, STORE_URL: `http://127.0.0.1:${ports.store}` }));
  if (!options.check) say(`Up after ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return shop;
}

/** DATABASE_URL, or a process with the embedded server; resolves with the address to connect to. */
async function openDatabase(): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const child = await start("database", ["scripts/demo/database.ts"], {});
  const told = z.object({ url: z.string(), serverPid: z.int() }).parse(await child.firstMessage);
  serverPid = told.serverPid;
  remember();
  return told.url;
}

async function start(name: string, args: string[], env: Record<string, string>, answersAt?: string): Promise<Child> {
  const child = startChild(name, { args, env, folder: LOGS });
  children.push(child);
  remember();
  if (answersAt) await untilAnswers(child, answersAt);
  return child;
}

function remember(): void {
  const started = children.map(({ name, pid }) => ({ name, pid }));
  writeRunFile({ main: process.pid, port: readOptions(process.argv.slice(2)).port, children: serverPid ? [{ name: "database", pid: serverPid }, ...started] : started });
}

/** The last started goes first; the database, which all others need, last. */
function stopAll(): Promise<void> {
  stopping ??= (async () => {
    if (children.length) say("Stopping");
    for (const child of children.toReversed()) await child.stop();
    if (readRunFile()?.main === process.pid) removeRunFile();
  })();
  return stopping;
}

async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  if (stopping) return new Promise<never>(() => {});
  const before = performance.now();
  const result = await work();
  say(`  ${what.padEnd(18)} ${((performance.now() - before) / 1000).toFixed(1)} s`);
  return result;
}

/** Progress goes to stderr: stdout is for what was asked for. */
function say(line: string): void {
  console.error(line);
}
