import { cancelOrder } from "../../domain/orders/cancel.server";
import { recordOrder } from "../../domain/orders/record.server";
import { orderFacts, OrderPayload } from "./order-payload";
import { topic } from "./topic";

/** An order was cancelled. It may come before its creation: it carries the whole order, so both are worked here, in order. */
export const ordersCancelled = topic(OrderPayload, async (tx, { shopId, triggeredAt }, payload, now) => {
  await recordOrder(tx, shopId, orderFacts(payload), now);
  await cancelOrder(tx, shopId, { orderGid: payload.admin_graphql_api_id, cancelledAt: payload.cancelled_at ?? triggeredAt }, now);
});
