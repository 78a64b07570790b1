import { recordOrders } from "../../domain/orders/record.server";
import { orderFacts, OrderPayload } from "./order-payload";
import { setTopic } from "./topic";

/** Orders were placed. */
export const ordersCreate = setTopic(OrderPayload, async (tx, shopId, payloads, now) => {
  await recordOrders(tx, shopId, payloads.map(orderFacts), now);
});
