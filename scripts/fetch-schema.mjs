// Brings Shopify's Admin API schema into .cache/, once. Plain JavaScript for Node 20: it runs before anything is built.
// The schema is not ours to copy into the repository; npm serves it inside a package of Shopify's, of which one file is kept.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const PACKAGE = "@shopify/dev-mcp@1.16.0";
const MEMBER = "package/dist/data/admin_2026-07.json.gz";
const TIME_LIMIT_MS = 120_000;
const CACHE = join(dirname(fileURLToPath(import.meta.url)), "..", ".cache");

export const SCHEMA_FILE = join(CACHE, "admin_2026-07.json.gz");

/** Returns the schema's file, fetching it first when it is absent. Throws with the way out when npm cannot serve it. */
export function fetchSchema() {
  if (existsSync(SCHEMA_FILE)) return SCHEMA_FILE;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "fetch-"));
  try {
    const packed = readFileSync(join(folder, pack(folder)));
    const member = readTarMember(gunzipSync(packed), MEMBER);
    if (!member) throw new Error(`${PACKAGE} holds no ${MEMBER}`);
    // Written beside and renamed: a second fetch at the same time, or a kill, never leaves half a file.
    const half = join(folder, "schema");
    writeFileSync(half, member);
    renameSync(half, SCHEMA_FILE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return SCHEMA_FILE;
}

/** Runs `npm pack` into the folder and returns the tarball's name. */
function pack(folder) {
  const words = ["pack", PACKAGE, "--pack-destination", folder, "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const run = npm?.endsWith("js") ? [process.execPath, [npm, ...words]] : ["npm", words];
  const result = spawnSync(run[0], run[1], { encoding: "utf8", timeout: TIME_LIMIT_MS, shell: process.platform === "win32" && run[0] === "npm" });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (result.status === 0 && tarball) return tarball;
  const reason = (result.stderr || result.error?.message || "no answer").trim().split("\n").slice(0, 3).join(" ");
  throw new Error(
    `Shopify's Admin API schema could not be fetched: npm pack ${PACKAGE} failed (${reason}).\n` +
      `Check that npm reaches its registry (npm ping), then run: node scripts/fetch-schema.mjs`,
  );
}

/** The content of one file of an unpacked tar archive, or null. */
function readTarMember(tar, wanted) {
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from, to) => tar.toString("utf8", at + from, at + to).replace(/\0.*$/s, "");
    const size = parseInt(text(124, 136).trim() || "0", 8);
    const prefix = text(345, 500);
    const name = prefix ? `${prefix}/${text(0, 100)}` : text(0, 100);
    if (name === wanted) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return null;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(fetchSchema());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
