import { recordOrder } from "../../domain/orders/record.server";
import { orderFacts, OrderPayload } from "./order-payload";
import { topic } from "./topic";

/** An order was placed. */
export const ordersCreate = topic(OrderPayload, async (tx, { shopId }, payload, now) => {
  await recordOrder(tx, shopId, orderFacts(payload), now);
});
