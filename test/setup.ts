/** Before each test file: a database of its own, the environment of the app, and the rule that noise is failure. */
import pg from "pg";
import { afterEach, beforeEach, expect, inject } from "vitest";

const database = `scrip_test_${inject("runId")}_${process.env.VITEST_POOL_ID ?? "1"}`;
await cloneTemplate();

Object.assign(process.env, {
  NODE_ENV: "test",
  DATABASE_URL: withDatabase(inject("databaseUrl"), database),
  SHOPIFY_API_KEY: "scrip-test-key",
  SHOPIFY_API_SECRET: "scrip-test-secret",
  SHOPIFY_APP_URL: "https://scrip.test",
  WEBHOOKS_TO_PRIVATE_ADDRESSES: "true",
  LOG_LEVEL: process.env.LOG_LEVEL ?? "silent",
});

async function cloneTemplate(): Promise<void> {
  const admin = new pg.Client({ connectionString: inject("databaseUrl") });
  await admin.connect();
  try {
    // A new one for each file: sweeps look at every shop, and would meet those of other files.
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    await admin.query(`CREATE DATABASE "${database}" TEMPLATE "${inject("templateDatabase")}"`);
  } finally {
    await admin.end();
  }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

const noise: string[] = [];
const original = console.error;

beforeEach(() => {
  noise.length = 0;
  console.error = (...parts: unknown[]) => {
    noise.push(parts.map(String).join(" "));
    original(...parts);
  };
});

afterEach(() => {
  console.error = original;
  expect(noise, "console.error was called").toEqual([]);
});
