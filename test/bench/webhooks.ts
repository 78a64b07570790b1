/**
 * Webhooks in: the app's own server beside a bare node:http server that does the same HMAC and the same insert; and what is
 * stored worked off.
 */
import { fork } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import path from "node:path";
import { Pool } from "undici";
import { closeDatabase, pool } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { orderBody } from "./order-body";
import { atLeast, atMost, figure, load, medians, percentile, type Row } from "./row";
import { benchShop } from "./shop";
import { workOff } from "./work-off";

const CALLERS = 64;
const REQUESTS = 6_000;
/** Answered before it counts: a server that has just started compiles and connects while it answers. */
const WARM_UP = 640;

export async function bench(): Promise<Row[]> {
  const shop = await benchShop();
  const body = orderBody();
  const hmac = createHmac("sha256", env.SHOPIFY_API_SECRET).update(body).digest("base64");
  const times: number[] = [];
  const send = async (kind: "ours" | "bare") => {
    const server = await startServer(kind);
    const post = () => server.post(body, hmac, shop.domain);
    await load(CALLERS, WARM_UP, post);
    const result = await load(CALLERS, REQUESTS, post);
    if (kind === "ours") times.push(...result.times);
    await server.stop();
    return result.perSecond;
  };
  const rate = await medians(3, { ours: () => send("ours"), bare: () => send("bare") });
  const { rows } = await pool.query<{ count: bigint }>('SELECT count(*) FROM "InboxEvent"');
  const lost = (WARM_UP + REQUESTS) * 6 - Number(rows[0]?.count);
  await pool.query('TRUNCATE "InboxEvent", graphile_worker._private_jobs');
  const workedOff = await workOff();
  await closeDatabase();
  return [
    figure(`webhooks stored, ${body.length} B orders, ${CALLERS} connections`, rate.ours, "requests/s"),
    figure("bare node:http, the same HMAC and insert", rate.bare, "requests/s"),
    atLeast("ours / bare", rate.ours / rate.bare, "×", 0.8),
    atMost("p99 of an answer", percentile(times, 0.99), "ms", 50),
    atMost("answered and not stored", lost, "webhooks", 0),
    ...workedOff,
  ];
}

async function startServer(kind: "ours" | "bare") {
  const child = fork(path.join(import.meta.dirname, "hot-server.ts"), [kind], { execArgv: ["--import", "tsx"] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve(Number(message)));
    child.once("exit", (code) => reject(new Error(`the ${kind} server ended with ${code}`)));
  });
  const connections = new Pool(`http://127.0.0.1:${port}`, { connections: CALLERS, pipelining: 1 });
  return {
    async post(body: string, hmac: string, domain: string) {
      const { statusCode, body: answer } = await connections.request({
        method: "POST",
        path: "/webhooks",
        body,
        headers: {
          "content-type": "application/json",
          "x-shopify-topic": "orders/create",
          "x-shopify-shop-domain": domain,
          "x-shopify-webhook-id": randomUUID(),
          "x-shopify-api-version": "2026-07",
          "x-shopify-hmac-sha256": hmac,
        },
      });
      await answer.dump();
      if (statusCode !== 200) throw new Error(`${kind} answered ${statusCode}`);
    },
    async stop() {
      await connections.close();
      child.disconnect();
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
}
