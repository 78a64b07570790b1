/** What must be made before anything can start, and is made again only when its sources changed. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { Problem } from "./problem";

/** Both clients of prisma/schema.prisma; the second goes with node_modules. */
const CLIENTS = ["app/generated/prisma/client.ts", "node_modules/.prisma/client/default.js"];
const CLIENT_STAMP = "app/generated/.stamp";
const BUILD_STAMP = "build/.stamp";
const BUILD_SOURCES = ["app", "prisma/schema.prisma", "vite.config.ts", "package-lock.json"];
const NOT_SOURCES = new Set(["node_modules", "dist", "generated"]);

/** Fetches Shopify's schema into the cache, unless it is there. */
export async function fetchSchema(): Promise<void> {
  await run("fetching Shopify's schema", ["scripts/fetch-schema.mjs"]);
}

/** Makes Prisma's client when the schema changed. Returns whether it did. */
export async function generateClient(): Promise<boolean> {
  const stamp = digestOf(["prisma/schema.prisma", "package-lock.json"]);
  if (CLIENTS.every((file) => existsSync(file)) && isStamped(CLIENT_STAMP, stamp)) return false;
  await run("prisma generate", ["node_modules/prisma/build/index.js", "generate"], { DATABASE_URL: "postgresql://unset@127.0.0.1:1/unset" });
  writeFileSync(CLIENT_STAMP, stamp);
  return true;
}

/** Builds the app when a source changed. Returns whether it did. The local store bundles the extensions itself. */
export async function build(): Promise<boolean> {
  const stamp = digestOf(BUILD_SOURCES);
  if (existsSync("build/server/index.js") && isStamped(BUILD_STAMP, stamp)) return false;
  rmSync(BUILD_STAMP, { force: true });
  await run("building the app", ["node_modules/@remix-run/dev/dist/cli.js", "vite:build"]);
  writeFileSync(BUILD_STAMP, stamp);
  return true;
}

/** Builds the extensions as they are released, for an app at this address. */
export async function buildExtensions(appUrl: string): Promise<void> {
  await run("building the extensions", ["--import", "tsx", "scripts/build-extensions.ts"], { SCRIP_APP_URL: appUrl });
}

/** Brings the database to the newest schema. */
export async function migrate(databaseUrl: string): Promise<void> {
  try {
    await run("migrating the database", ["--import", "tsx", "prisma/migrate.ts"], { DATABASE_URL: databaseUrl });
  } catch (error) {
    if (!(error instanceof Problem) || process.env.DATABASE_URL) throw error;
    throw new Problem(`${error.message}\n\nThe demo's data may be of another version of the project. Start over with: npm run demo -- --reset`);
  }
}

const SeededShop = z.object({
  api: z.object({ apikey: z.string(), secretkey: z.string() }),
  customers: z.array(z.object({ id: z.string(), customerId: z.string(), points: z.int() })),
  awards: z.array(z.object({ id: z.string(), ruleId: z.int(), name: z.string(), pointsPrice: z.int().nullable(), status: z.string(), appliedBy: z.string() })),
});
export type SeededShop = z.infer<typeof SeededShop>;

/** Fills the shop, unless it is filled. Returns who and what is in it. */
export async function seed(env: Record<string, string>): Promise<SeededShop> {
  const output = await run("seeding the shop", ["--import", "tsx", "--import", "./test/store/redirect.mjs", "prisma/seed.ts"], env);
  const line = output.split("\n").findLast((text) => text.startsWith("{")) ?? "null";
  return SeededShop.parse(JSON.parse(line));
}

function isStamped(file: string, stamp: string): boolean {
  return existsSync(file) && readFileSync(file, "utf8") === stamp;
}

function digestOf(sources: string[]): string {
  const sum = createHash("sha256");
  for (const file of sources.flatMap(filesIn)) sum.update(file).update("\0").update(readFileSync(file));
  return sum.digest("hex");
}

function filesIn(source: string): string[] {
  if (!existsSync(source)) return [];
  if (statSync(source).isFile()) return [source];
  return readdirSync(source)
    .filter((name) => !NOT_SOURCES.has(name))
    .sort()
    .flatMap((name) => filesIn(path.join(source, name)));
}

/** Runs a program to its end and returns what it printed; a failure is a Problem with the end of its output. */
function run(what: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (part) => (output += part));
    child.stderr.on("data", (part) => (output += part));
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) return resolve(output.trim());
      // A failed build ends in a list of every file it looked at.
      const end = output.replace(/^\s*watchFiles: \[[\s\S]*?\],?$/m, "").trimEnd().split("\n").slice(-30).join("\n");
      reject(new Problem(`${what} failed:\n\n${end}${/ENOSPC/.test(output) ? "\n\nThe disk is full: make room and run this again." : ""}`));
    });
  });
}
