/** GET /checkout/rewards */
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { CheckoutHints, type RewardsAnswer } from "../../contract/checkout";
import { listRewards } from "../../domain/coupons/offers.server";
import { parse, type CheckoutCaller } from "./door.server";

/** The hints as they stand in an address: text. */
const Query = z.object({ locale: z.string().optional(), subtotalMinor: z.coerce.number().optional(), currency: z.string().optional(), codes: z.array(z.string()).optional() }).pipe(CheckoutHints);

/** The customer's points, what they can redeem and what they hold. A guest is asked to log in. */
export async function rewards(_request: IncomingMessage, url: URL, { shop, customerGid }: CheckoutCaller, now: Date): Promise<RewardsAnswer> {
  const hints = parse(Query, { ...Object.fromEntries(url.searchParams), codes: url.searchParams.getAll("code") });
  if (customerGid === null) return { state: "guest", pointsName: shop.pointsName };
  return listRewards(shop.id, { ...shop, customerGid, hints }, now);
}
