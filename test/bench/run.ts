/**
 * `npm run bench -- NAME… [--json]`: measures, each figure beside a limit measured in the same run. Absolute numbers wander
 * with the machine; the ratios are what counts. With --json the last line of each bench is one JSON object; with --full those that take
 * minutes measure all they can.
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { openDatabase } from "#scripts/database.ts";
import { applyMigrations } from "../../prisma/migrations";
import { BENCHES } from "./benches";
import type { Row } from "./row";

const flags = process.argv.slice(2);
const json = flags.includes("--json");
const names = flags.filter((flag) => !flag.startsWith("--"));
const unknown = names.filter((name) => !(name in BENCHES));
if (unknown.length) {
  console.error(`No bench is called ${unknown.join(", ")}. There are: ${Object.keys(BENCHES).join(", ")}.`);
  process.exit(2);
}

const database = await openDatabase(path.resolve(".data/bench-pg"));
let missed = 0;
try {
  for (const name of names.length ? names : Object.keys(BENCHES)) missed += await measure(name);
} finally {
  await database.stop();
}
process.exit(missed ? 1 : 0);

/** Runs one bench on a database of its own and returns how many of its rows missed their reach. */
async function measure(name: string): Promise<number> {
  const scratch = `scrip_bench_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client({ connectionString: database.urlOf("postgres") });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${scratch}"`);
  try {
    const url = database.urlOf(scratch);
    await applyMigrations(url);
    await runMigrations({ connectionString: url });
    const rows = await inOwnProcess(name, url);
    print(name, rows);
    if (json) console.log(JSON.stringify({ bench: name, rows }));
    return rows.filter((row) => !row.ok).length;
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS "${scratch}" WITH (FORCE)`);
    await admin.end();
  }
}

/** The app reads its environment once, when it is imported: each bench imports it afresh, in a process of its own. */
async function inOwnProcess(name: string, url: string): Promise<Row[]> {
  const child = fork(path.join(import.meta.dirname, "child.ts"), [name], {
    execArgv: ["--import", "tsx", "--expose-gc"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      DATABASE_URL: url,
      DATABASE_POOL: "20",
      SHOPIFY_API_KEY: "scrip-bench-key",
      SHOPIFY_API_SECRET: "scrip-bench-secret",
      SHOPIFY_APP_URL: "https://scrip.test",
      LOG_LEVEL: "error",
      BENCH_FULL: flags.includes("--full") ? "1" : "",
    },
  });
  return new Promise((resolve, reject) => {
    let rows: Row[] | null = null;
    child.on("message", (message) => (rows = message as Row[]));
    child.on("exit", (code) => (rows && code === 0 ? resolve(rows) : reject(new Error(`bench ${name} ended with ${code}`))));
  });
}

function print(name: string, rows: Row[]): void {
  console.log(`\n${name}`);
  const width = Math.max(...rows.map((row) => row.what.length));
  for (const row of rows) {
    const value = row.value >= 100 ? Math.round(row.value).toLocaleString("en") : row.value.toPrecision(3);
    const reach = row.reach === null ? "" : row.ok ? `  reached ${row.reach}` : `  MISSED ${row.reach}`;
    console.log(`  ${row.what.padEnd(width)}  ${value.padStart(12)} ${row.unit}${reach}`);
  }
}
