/** For whoever watches over the process: is it alive, and can it work. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pool } from "../lib/db.server";
import { missingMigrations } from "../lib/migrations.server";
import { isStopping } from "../lib/stopping.server";

/** 200 as long as the process answers. */
export async function answerHealth(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "Content-Type": "text/plain" }).end("ok");
}

/** 200 when it can take work, else 503 with the reason: it is stopping, the database does not answer, or lacks migrations. */
export async function answerReadiness(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  const obstacle = isStopping() ? "stopping" : await databaseObstacle();
  response.writeHead(obstacle === null ? 200 : 503, { "Content-Type": "text/plain", "Cache-Control": "no-store" }).end(obstacle ?? "ready");
}

/** Whoever asks waits no longer: a pool without a free connection would keep them for ever. */
const PATIENCE_MS = 3_000;

async function databaseObstacle(): Promise<string | null> {
  try {
    const missing = await Promise.race([lookAround(), patience()]);
    return missing.length === 0 ? null : `the database lacks migrations: ${missing.join(", ")}`;
  } catch {
    return "the database does not answer";
  }
}

async function lookAround(): Promise<string[]> {
  await pool.query("SELECT 1");
  return missingMigrations();
}

function patience(): Promise<never> {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error("too long")), PATIENCE_MS).unref());
}
