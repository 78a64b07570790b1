import { recordRefund } from "../../domain/orders/refund.server";
import { refundFacts, RefundPayload } from "./refund-payload";
import { topic } from "./topic";

/** A refund was made. It has no customer in it and may come before its order. */
export const refundsCreate = topic(RefundPayload, async (tx, { shopId }, payload, now) => {
  await recordRefund(tx, shopId, refundFacts(payload), now);
});
