/** One of two servers for benches over HTTP, in a process of its own: the app's hot addresses, or the least a server must do. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pool } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { answerHot } from "#app/routes/hot.server.ts";

/** HMAC over the raw body, the same row and the same job, one statement, 200. No checks of anything else. */
function answerBare(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const given = Buffer.from(String(request.headers["x-shopify-hmac-sha256"]), "base64");
    if (!timingSafeEqual(given, createHmac("sha256", env.SHOPIFY_API_SECRET).update(body).digest())) return void response.writeHead(401).end();
    pool
      .query({
        name: "bare",
        text: `WITH event AS (
            INSERT INTO "InboxEvent" ("shopDomain", "webhookId", "topic", "apiVersion", "body") VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING RETURNING "shopDomain", "id")
          SELECT graphile_worker.add_job('bare_inbox', json_build_object('id', "id")) FROM event`,
        values: [request.headers["x-shopify-shop-domain"], request.headers["x-shopify-webhook-id"], request.headers["x-shopify-topic"], "2026-07", body],
      })
      .then(
        () => response.writeHead(200).end(),
        () => response.writeHead(500).end(),
      );
  });
}

const answer = process.argv[2] === "bare" ? answerBare : (request: IncomingMessage, response: ServerResponse) => answerHot(request, response) || response.writeHead(404).end();
const server = createServer(answer);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
