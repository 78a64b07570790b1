/** POST /checkout/return */
import type { IncomingMessage } from "node:http";
import { ReturnRequest, type ReturnAnswer } from "../../contract/checkout";
import { returnAnswer } from "../../domain/coupons/answers";
import { returnCoupon } from "../../domain/coupons/return.server";
import { toBalance } from "../../domain/points/balance";
import { findBalance } from "../../domain/points/queries.server";
import { parseId } from "../../lib/ids";
import { DoorRefusal, parseBody, type CheckoutCaller } from "./door.server";

/** Gives a coupon back. Somebody else's coupon is not found. */
export async function returnIssuance(request: IncomingMessage, _url: URL, { shop, customerGid, customerId }: CheckoutCaller, now: Date): Promise<ReturnAnswer> {
  if (customerGid === null) throw new DoorRefusal(403, "log_in_required", "Points belong to a customer who is logged in.");
  const { issuanceId, locale } = await parseBody(request, ReturnRequest);
  const reader = { locale, ...shop };
  const id = parseId("issuance", issuanceId);
  if (customerId === null || id === null) return returnAnswer("not_found", toBalance(0, 0), reader);

  const { outcome } = await returnCoupon(shop.id, { issuanceId: id, customerId }, now);
  return returnAnswer(outcome, await findBalance(shop.id, customerId, now), reader);
}
