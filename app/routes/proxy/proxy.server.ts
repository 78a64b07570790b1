/** The app's addresses on the shop's storefront, `/apps/scrip/…`: what a theme shows of a customer's points. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RewardsAnswer } from "../../contract/checkout";
import { listRewards } from "../../domain/coupons/offers.server";
import { findShop } from "../../domain/shops/queries.server";
import { env } from "../../lib/env.server";
import { DoorRefusal, sendJson, sendRefusal } from "../checkout/door.server";
import { openProxy } from "./door.server";

/** GET /proxy/rewards: 200 with the same answer as the checkout gets, or a DoorError: 401 unsigned or old, 403 not installed. */
export async function answerProxy(request: IncomingMessage, response: ServerResponse, now: Date): Promise<void> {
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname !== "/proxy/rewards") throw new DoorRefusal(404, "not_found", "There is no such address.");
    if (request.method !== "GET") throw new DoorRefusal(405, "method_not_allowed", "Use GET.");
    sendJson(response, 200, await rewardsOf(url.searchParams, now));
  } catch (error) {
    if (!(error instanceof DoorRefusal)) throw error;
    sendRefusal(response, error);
  }
}

async function rewardsOf(query: URLSearchParams, now: Date): Promise<RewardsAnswer> {
  const caller = openProxy(query, env.SHOPIFY_API_SECRET, now);
  if (caller.outcome === "not_signed_by_shopify") throw new DoorRefusal(401, caller.outcome, "The address is not signed with this app's secret.");
  if (caller.outcome === "too_old") throw new DoorRefusal(401, caller.outcome, "The signature is too old: load the page again.");

  const shop = await findShop(caller.shopDomain);
  if (!shop || shop.uninstalledAt) throw new DoorRefusal(403, "shop_unknown", "This shop has not installed the app.");
  if (caller.customerGid === null) return { state: "guest", pointsName: shop.pointsName };
  const hints = { locale: query.get("locale") ?? "en" };
  return listRewards(shop.id, { ...shop, customerGid: caller.customerGid, hints }, now);
}
