/** For whoever watches over the process: is it alive, and can it work. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pool } from "../lib/db.server";

/** 200 as long as the process answers. */
export async function answerHealth(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "Content-Type": "text/plain" }).end("ok");
}

/** 200 when the database answers, else 503. */
export async function answerReadiness(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  const ready = await pool.query("SELECT 1").then(
    () => true,
    () => false,
  );
  response.writeHead(ready ? 200 : 503, { "Content-Type": "text/plain" }).end(ready ? "ready" : "the database does not answer");
}
