/** Burning a coupon by its code. */
import { randomUUID } from "node:crypto";
import { burnCoupons } from "#app/domain/coupons/burn.server.ts";
import type { Row } from "./row";
import { measureUses } from "./use";

export async function bench(): Promise<Row[]> {
  return measureUses("burn", async ({ code, customerId }, shopId, cart) => {
    const burning = await burnCoupons(shopId, { ...cart, what: { codes: [code] }, customerId, transactionId: randomUUID(), transactionTime: null }, new Date());
    if (burning.outcome !== "burned") throw new Error(`not burned: ${JSON.stringify(burning)}`);
  });
}
