/**
 * `npm run faults -- --minutes N [--seed S]`: fault runs one after another, each with its own seed, printed so that it can be
 * repeated. The last line is JSON: {"runs","injected","promised","lost","doubled","drift"}. Exit code 1 if anything was found.
 */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { runMigrations } from "graphile-worker";
import { applyMigrations } from "../../prisma/migrations";
import { openFaultDatabase } from "./database";
import { freePort } from "./processes";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seconds: { type: "string" }, seed: { type: "string" }, runs: { type: "string" } } });
const RUN_SECONDS = Number(values.seconds ?? 20);
const until = Date.now() + Number(values.minutes ?? 1) * 60_000;
const maxRuns = Number(values.runs ?? Infinity);
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000);

// A folder of its own, so that what a killed run left behind is in nobody's way.
const folder = path.resolve(`.data/faults/${process.pid}`);
mkdirSync(folder, { recursive: true });
const database = await openFaultDatabase(folder);
const storePort = await freePort();
Object.assign(process.env, {
  NODE_ENV: "production", LOG_LEVEL: "warn", DATABASE_URL: database.url, SHOPIFY_API_KEY: "scrip-local-key", SHOPIFY_API_SECRET: "scrip-local-secret",
  SHOPIFY_APP_URL: "https://scrip.example", PORT: String(await freePort()), LOCAL_STORE_PORT: String(storePort),
});
const tally = { runs: 0, injected: 0, promised: 0, lost: 0, doubled: 0, drift: 0 };
try {
  await applyMigrations(database.url);
  await runMigrations({ connectionString: database.url });
  // The app reads its environment when it is first imported.
  const { faultRun } = await import("./fault-run");
  do {
    const seed = firstSeed + tally.runs;
    const { injected, promised, verdict } = await faultRun({ database, folder, storePort }, seed, RUN_SECONDS);
    tally.runs += 1;
    tally.promised += promised;
    tally.injected += Object.values(injected).reduce((sum, count) => sum + count, 0);
    for (const kind of ["lost", "doubled", "drift"] as const) {
      tally[kind] += verdict[kind].length;
      for (const fault of verdict[kind].slice(0, 20)) console.log(`${kind}: ${fault}`);
    }
    console.log(`seed ${seed}: ${promised} coupons issued, ${JSON.stringify(injected)}`);
  } while (tally.runs < maxRuns && Date.now() < until);
} finally {
  await database.stop();
  rmSync(path.join(folder, "pg"), { recursive: true, force: true });
}
console.log(JSON.stringify(tally));
process.exit(tally.lost + tally.doubled + tally.drift > 0 ? 1 : 0);
