/**
 * Fails when the migrations do not lead to prisma/schema.prisma. Two databases are made, one by the migrations, one by what
 * Prisma would write for the schema, and their catalogs compared. The migrations may hold more: partial indexes, checks and
 * functions are what Prisma cannot say, and `prisma migrate diff --from-migrations` stumbles over them.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import pg from "pg";
import { openDatabase } from "#scripts/database.ts";
import { applyMigrations } from "../prisma/migrations";

const COLUMNS = `SELECT table_name || '.' || column_name || ' ' || udt_name || coalesce('(' || datetime_precision || ')', '') || ' ' || is_nullable || ' ' ||
  regexp_replace(coalesce(column_default, ''), '^nextval.*$', 'serial') AS line
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'`;
const ENUMS = `SELECT 'enum ' || t.typname || ' ' || e.enumlabel || ' ' || e.enumsortorder AS line FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid`;
const INDEXES = `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`;
const KEYS = `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f') AND conrelid::regclass::text <> '_prisma_migrations'`;

const database = await openDatabase(path.resolve(".data/test-pg"));
try {
  const migrated = await inFreshDatabase("scrip_drift_migrated", (url) => applyMigrations(url));
  const described = await inFreshDatabase("scrip_drift_described", (url) => execute(url, schemaSql()));
  const missing = [...described.all].filter((line) => !migrated.all.has(line));
  // Tables and columns are all Prisma's; of indexes and keys the migrations may hold more.
  const tooMany = [...migrated.structure].filter((line) => !described.structure.has(line));
  if (missing.length || tooMany.length) {
    console.error("prisma/schema.prisma and the migrations differ. Make a migration: npx prisma migrate dev");
    for (const line of missing) console.error(`  in the schema only:     ${line}`);
    for (const line of tooMany) console.error(`  in the migrations only: ${line}`);
    process.exitCode = 1;
  } else {
    console.log(`The migrations lead to the schema: ${described.all.size} columns, values, indexes and keys compared`);
  }
} finally {
  await database.stop();
}

interface Catalog {
  structure: Set<string>;
  all: Set<string>;
}

/** Makes a database, lets `fill` fill it, reads its catalog and drops it. */
async function inFreshDatabase(name: string, fill: (url: string) => Promise<unknown>): Promise<Catalog> {
  const unique = `${name}_${process.pid}`;
  await execute(database.urlOf("postgres"), `CREATE DATABASE "${unique}"`);
  try {
    await fill(database.urlOf(unique));
    return await readCatalog(database.urlOf(unique));
  } finally {
    await execute(database.urlOf("postgres"), `DROP DATABASE "${unique}" WITH (FORCE)`);
  }
}

async function readCatalog(url: string): Promise<Catalog> {
  const structure = new Set([...(await lines(url, COLUMNS)), ...(await lines(url, ENUMS))]);
  return { structure, all: new Set([...structure, ...(await lines(url, INDEXES)), ...(await lines(url, KEYS))]) };
}

/** What Prisma would write for the schema, from nothing. */
function schemaSql(): string {
  const args = ["node_modules/prisma/build/index.js", "migrate", "diff", "--from-empty", "--to-schema-datamodel", "prisma/schema.prisma", "--script"];
  const result = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, DATABASE_URL: database.url }, timeout: 120_000 });
  if (result.status !== 0) throw new Error(`prisma migrate diff failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

async function lines(url: string, query: string): Promise<string[]> {
  return withClient(url, async (client) => (await client.query<{ line: string }>(query)).rows.map(({ line }) => line));
}

async function execute(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
