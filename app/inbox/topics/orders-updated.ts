import { updateOrder } from "../../domain/orders/update.server";
import { orderNews, OrderPayload } from "./order-payload";
import { topic } from "./topic";

/** Something about an order changed: an edit, a customer, a refund, a cancellation, or a thing that is none of ours. */
export const ordersUpdated = topic(OrderPayload, async (tx, { shopId }, payload, now) => {
  await updateOrder(tx, shopId, orderNews(payload), now);
});
