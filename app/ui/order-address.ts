/** Where staff find an order. Pure. */
import { gidTail, isGid } from "../lib/gid";

/** Its page in Shopify's admin; null: a transaction of an integrator's, which Shopify knows nothing of. */
export function orderAddress(domain: string, orderGid: string): string | null {
  return isGid("Order", orderGid) ? `https://${domain}/admin/orders/${gidTail(orderGid)}` : null;
}
