/** Whether the database has every migration that this version of the app was written for. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pool } from "./db.server";

const FOLDER = path.resolve("prisma/migrations");

let complete = false;

/** Names of migrations that were not applied, or only half; asked until there are none. Throws what the database throws. */
export async function missingMigrations(): Promise<string[]> {
  if (complete) return [];
  const { rows: tables } = await pool.query<{ ours: string | null; queue: string | null }>("SELECT to_regclass('_prisma_migrations')::text AS ours, to_regclass('graphile_worker._private_jobs')::text AS queue");
  if (!tables[0]?.ours) return ["all"];
  const { rows } = await pool.query<{ name: string }>("SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL");
  const applied = new Set(rows.map(({ name }) => name));
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const missing = entries.filter((entry) => entry.isDirectory() && !applied.has(entry.name)).map(({ name }) => name);
  if (!tables[0].queue) missing.push("graphile_worker");
  complete = missing.length === 0;
  return missing.sort();
}
