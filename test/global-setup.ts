/** Once per run: a real PostgreSQL and a template database with the newest schema, from which each worker clones its own. */
import { createHash } from "node:crypto";
import path from "node:path";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { openDatabase } from "#scripts/database.ts";
import { applyMigrations, readMigrations } from "../prisma/migrations";

declare module "vitest" {
  export interface ProvidedContext {
    databaseUrl: string;
    templateDatabase: string;
    runId: string;
  }
}

const TEMPLATE_LOCK = 5_350_001;

export default async function setup(project: TestProject) {
  const database = await openDatabase(path.resolve(".data/test-pg"));
  const sum = createHash("sha256");
  for (const { checksum } of await readMigrations()) sum.update(checksum);
  const template = `scrip_template_${sum.digest("hex").slice(0, 12)}`;
  await makeTemplate(database.urlOf("postgres"), database.urlOf(template), template);

  const runId = `${process.pid}_${Date.now().toString(36)}`;
  project.provide("databaseUrl", database.urlOf("postgres"));
  project.provide("templateDatabase", template);
  project.provide("runId", runId);

  return async () => {
    await dropDatabasesOf(database.urlOf("postgres"), runId);
    await database.stop();
  };
}

/** Two runs at once are common: an advisory lock lets one make the template and the other find it. */
async function makeTemplate(adminUrl: string, templateUrl: string, template: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query("SELECT pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const { rowCount } = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", [template]);
    if (rowCount) return;
    await admin.query(`DROP DATABASE IF EXISTS "${template}"`);
    await admin.query(`CREATE DATABASE "${template}"`);
    await applyMigrations(templateUrl);
    await runMigrations({ connectionString: templateUrl });
    await admin.query(`ALTER DATABASE "${template}" IS_TEMPLATE true`);
  } finally {
    await admin.end();
  }
}

async function dropDatabasesOf(adminUrl: string, runId: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datname LIKE $1", [`scrip_test_${runId}_%`]);
    for (const { datname } of rows) await admin.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
  } finally {
    await admin.end();
  }
}
