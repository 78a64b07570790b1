/** POST /checkout/redeem */
import type { IncomingMessage } from "node:http";
import { RedeemRequest, type RedeemAnswer } from "../../contract/checkout";
import { redeemAnswer } from "../../domain/coupons/answers";
import { issueCoupon } from "../../domain/coupons/issue.server";
import { rememberCustomer } from "../../domain/customers/remember.server";
import { toBalance } from "../../domain/points/balance";
import { findBalance } from "../../domain/points/queries.server";
import { prisma } from "../../lib/db.server";
import { noteRefusal } from "../../lib/metrics.server";
import { DoorRefusal, parseBody, type CheckoutCaller } from "./door.server";

/** Issues a coupon for points. Refusals are answers, not errors. */
export async function redeem(request: IncomingMessage, _url: URL, caller: CheckoutCaller, now: Date): Promise<RedeemAnswer> {
  const { shop, customerGid } = caller;
  if (customerGid === null) throw new DoorRefusal(403, "log_in_required", "Points belong to a customer who is logged in.");
  const { awardNumber, requestKey, points, locale } = await parseBody(request, RedeemRequest);
  const customerId = caller.customerId ?? (await rememberCustomer(prisma, shop.id, { gid: customerGid })).id;
  const issuing = await issueCoupon(shop.id, { customerId, awardNumber, requestKey, channel: "checkout", ...(points !== undefined && { points }) }, now);
  if (issuing.outcome !== "issued") noteRefusal("checkout", issuing.outcome);
  const balance = issuing.outcome === "error" ? await findBalance(shop.id, customerId, now) : toBalance(issuing.balance, issuing.held);
  return redeemAnswer(issuing, balance, { locale, ...shop });
}
