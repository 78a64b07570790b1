/** Locking a coupon for a till's session. */
import { randomUUID } from "node:crypto";
import { lockCoupons } from "#app/domain/coupons/lock.server.ts";
import type { Row } from "./row";
import { measureUses } from "./use";

export async function bench(): Promise<Row[]> {
  return measureUses("lock", async ({ code, customerId }, shopId, cart) => {
    const { outcome, codes } = await lockCoupons(shopId, { ...cart, codes: [code], customerId, reference: randomUUID(), minutes: null }, new Date());
    if (outcome !== "locked") throw new Error(`not locked: ${JSON.stringify(codes[0]?.refusals)}`);
  });
}
