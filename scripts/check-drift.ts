/** Fails when the migrations do not lead to prisma/schema.prisma: `prisma migrate diff` on a real PostgreSQL. */
import { spawn } from "node:child_process";
import path from "node:path";
import { openDatabase } from "#scripts/database.ts";

const LIMIT_MS = 120_000;
const SAME = 0;
const DIFFERENT = 2;

const database = await openDatabase(path.resolve(".data/test-pg"));
try {
  const { code, output } = await diff(database.url);
  if (code !== SAME) console.error(output);
  if (code === DIFFERENT) console.error("The migrations and prisma/schema.prisma differ as above. Make a migration: npx prisma migrate dev");
  process.exitCode = code;
} finally {
  await database.stop();
}

function diff(url: string): Promise<{ code: number; output: string }> {
  const args = ["node_modules/prisma/build/index.js", "migrate", "diff", "--from-migrations", "prisma/migrations", "--to-schema-datamodel", "prisma/schema.prisma", "--exit-code"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, DATABASE_URL: url }, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
    let output = "";
    child.stdout.on("data", (part) => (output += part));
    child.stderr.on("data", (part) => (output += part));
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code: code ?? 1, output }));
  });
}
