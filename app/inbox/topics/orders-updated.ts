import { updateOrders } from "../../domain/orders/update.server";
import { orderNews, OrderPayload } from "./order-payload";
import { setTopic } from "./topic";

/** Something about orders changed: an edit, a customer, a refund, a cancellation, or a thing that is none of ours. */
export const ordersUpdated = setTopic(OrderPayload, async (tx, shopId, payloads, now) => {
  await updateOrders(tx, shopId, payloads.map(orderNews), now);
});
