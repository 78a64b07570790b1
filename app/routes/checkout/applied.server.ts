/** POST /checkout/applied */
import type { IncomingMessage } from "node:http";
import { AppliedRequest, type AppliedAnswer } from "../../contract/checkout";
import { noteApplied } from "../../domain/coupons/note-applied.server";
import { parseId } from "../../lib/ids";
import { DoorRefusal, parseBody, type CheckoutCaller } from "./door.server";

/** The checkout shows a coupon's discount. Somebody else's coupon is not found. */
export async function applied(request: IncomingMessage, _url: URL, { shop, customerGid, customerId }: CheckoutCaller, now: Date): Promise<AppliedAnswer> {
  if (customerGid === null) throw new DoorRefusal(403, "log_in_required", "Points belong to a customer who is logged in.");
  const issuanceId = parseId("issuance", (await parseBody(request, AppliedRequest)).issuanceId);
  if (customerId === null || issuanceId === null) return { outcome: "not_found" };
  return noteApplied(shop.id, { issuanceId, customerId }, now);
}
