/** The hot addresses over real HTTP, and Shopify's side of them: signed webhooks and session tokens. */
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { workInboxEvent } from "#app/inbox/handle.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { env } from "#app/lib/env.server.ts";
import { answerRequest } from "#app/routes/request.server.ts";

/** A server of the hot addresses on a free port; everything else is 404, as if Remix had no such page. */
export async function openHotServer() {
  const server = createServer((request, response) => {
    answerRequest(request, response, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    /** POSTs a webhook as Shopify does; `headers` override or (undefined) leave out. */
    async deliver(shopDomain: string, topic: string, payload: unknown, headers: Record<string, string | undefined> = {}): Promise<number> {
      const body = typeof payload === "string" ? payload : JSON.stringify(payload);
      const all: Record<string, string | undefined> = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shopDomain,
        "X-Shopify-Webhook-Id": randomUUID(),
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Triggered-At": new Date().toISOString(),
        "X-Shopify-Hmac-Sha256": createHmac("sha256", env.SHOPIFY_API_SECRET).update(body).digest("base64"),
        ...headers,
      };
      const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const response = await fetch(`${url}/webhooks`, { method: "POST", body, headers: sent });
      await response.arrayBuffer();
      return response.status;
    },
    /** A call of the checkout extension. */
    async call(path: string, token: string | null, body?: unknown) {
      const response = await fetch(url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: { ...(token !== null && { Authorization: `Bearer ${token}` }), "Content-Type": "application/json" },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Works what waits in a shop's inbox, in the order given, as the worker would. */
export async function workInbox(shopDomain: string, now: Date, order: "asc" | "desc" = "asc"): Promise<string[]> {
  const waiting = await prisma.inboxEvent.findMany({ where: { shopDomain, status: "received" }, orderBy: { id: order }, select: { id: true } });
  const outcomes: string[] = [];
  for (const { id } of waiting) {
    const { outcome } = await workInboxEvent(shopDomain, id, now);
    outcomes.push(outcome);
  }
  return outcomes;
}

interface Claims {
  dest: string;
  aud?: string;
  sub?: string;
  exp?: number;
  nbf?: number;
}

/** A session token of a checkout, as Shopify signs it. */
export function sessionToken(claims: Claims, secret = env.SHOPIFY_API_SECRET, header: object = { alg: "HS256", typ: "JWT" }): string {
  const seconds = Math.floor(Date.now() / 1000);
  const payload = { aud: env.SHOPIFY_API_KEY, exp: seconds + 300, nbf: seconds - 1, iat: seconds - 1, jti: randomUUID(), ...claims };
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
