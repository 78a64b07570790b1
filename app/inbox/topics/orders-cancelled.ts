import { updateOrder } from "../../domain/orders/update.server";
import { orderNews, OrderPayload } from "./order-payload";
import { topic } from "./topic";

/** An order was cancelled. It may come before its creation: it carries the whole order, so both are worked here, in order. */
export const ordersCancelled = topic(OrderPayload, async (tx, { shopId, triggeredAt }, payload, now) => {
  const news = orderNews(payload);
  await updateOrder(tx, shopId, { ...news, cancelledAt: news.cancelledAt ?? triggeredAt }, now);
});
