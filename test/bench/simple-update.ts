/**
 * The limit for issuing: what `pgbench --builtin simple-update` does (one indexed update, one read, one insert, one commit),
 * by as many connections as there are callers. It uses pgbench where it is installed and says which of the two it was.
 */
import { spawnSync } from "node:child_process";
import pg from "pg";
import { env } from "#app/lib/env.server.ts";
import { load } from "./row";

const ACCOUNTS = 100_000; // pgbench scale 1

export interface SimpleUpdate {
  by: "pgbench" | "64 pg connections";
  measure(transactions: number): Promise<number>;
  close(): Promise<void>;
}

export async function simpleUpdate(callers: number): Promise<SimpleUpdate> {
  return spawnSync("pgbench", ["--version"]).status === 0 ? withPgbench(callers) : withConnections(callers);
}

function withPgbench(callers: number): SimpleUpdate {
  const run = (...flags: string[]) => {
    const result = spawnSync("pgbench", [...flags, env.DATABASE_URL], { encoding: "utf8" });
    if (result.status !== 0) throw new Error(`pgbench: ${result.stderr}`);
    return result.stdout;
  };
  run("--initialize", "--quiet", "--scale=1");
  return {
    by: "pgbench",
    async measure(transactions) {
      const out = run("--no-vacuum", "--builtin=simple-update", `--client=${callers}`, "--jobs=2", `--transactions=${Math.ceil(transactions / callers)}`);
      return Number(/tps = ([\d.]+)/.exec(out)?.[1]);
    },
    async close() {},
  };
}

async function withConnections(callers: number): Promise<SimpleUpdate> {
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: callers });
  await pool.query(`
    CREATE TABLE IF NOT EXISTS simple_accounts (aid int PRIMARY KEY, abalance int NOT NULL, filler char(84) DEFAULT '') WITH (fillfactor = 90);
    CREATE TABLE IF NOT EXISTS simple_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    INSERT INTO simple_accounts (aid, abalance) SELECT n, 0 FROM generate_series(1, ${ACCOUNTS}) n ON CONFLICT DO NOTHING`);
  const clients = await Promise.all(Array.from({ length: callers }, () => pool.connect()));
  const idle = [...clients];
  const transaction = async () => {
    const client = idle.pop();
    if (!client) throw new Error("more callers than connections");
    const aid = 1 + Math.floor(Math.random() * ACCOUNTS);
    await client.query("BEGIN");
    await client.query({ name: "update", text: "UPDATE simple_accounts SET abalance = abalance + $1 WHERE aid = $2", values: [1, aid] });
    await client.query({ name: "select", text: "SELECT abalance FROM simple_accounts WHERE aid = $1", values: [aid] });
    await client.query({ name: "insert", text: "INSERT INTO simple_history (tid, bid, aid, delta, mtime) VALUES (1, 1, $1, 1, CURRENT_TIMESTAMP)", values: [aid] });
    await client.query("COMMIT");
    idle.push(client);
  };
  return {
    by: "64 pg connections",
    measure: async (transactions) => (await load(callers, transactions, transaction)).perSecond,
    async close() {
      for (const client of clients) client.release();
      await pool.end();
    },
  };
}
