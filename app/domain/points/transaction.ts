/** How an integrator's own transaction is named where orders are, as burned coupons have it too. Pure. */

const PREFIX = "transaction:";

export function transactionGid(transactionId: string): `transaction:${string}` {
  return `${PREFIX}${transactionId}`;
}

/** The integrator's name of it; null: it is an order of Shopify's, or none. */
export function transactionOf(orderGid: string | null): string | null {
  return orderGid?.startsWith(PREFIX) ? orderGid.slice(PREFIX.length) : null;
}
