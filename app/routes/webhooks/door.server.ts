/** Whether Shopify sent it, and what it is about. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ArrivedEvent } from "../../inbox/receive.server";

const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/** Whether `hmac` (base64) signs these very bytes with our secret; compared in constant time. */
export function isSigned(body: Buffer, hmac: string, secret: string): boolean {
  const given = Buffer.from(hmac, "base64");
  const expected = createHmac("sha256", secret).update(body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What the headers say of the event; null if one that we need is missing or not of its form. */
export function readHeaders(headers: IncomingHttpHeaders): Omit<ArrivedEvent, "body"> | null {
  const shopDomain = text(headers["x-shopify-shop-domain"])?.toLowerCase();
  const topic = text(headers["x-shopify-topic"]);
  const webhookId = text(headers["x-shopify-webhook-id"]);
  const apiVersion = text(headers["x-shopify-api-version"]);
  if (!shopDomain || !SHOP_DOMAIN.test(shopDomain) || !topic || !webhookId || !apiVersion) return null;

  const triggeredAt = new Date(text(headers["x-shopify-triggered-at"]) ?? "");
  return { shopDomain, topic, webhookId, apiVersion, triggeredAt: Number.isNaN(triggeredAt.getTime()) ? null : triggeredAt };
}

function text(header: string | string[] | undefined): string | null {
  return typeof header === "string" && header.length > 0 && header.length <= 255 ? header : null;
}
