/** Validating a coupon among a million codes. */
import { validateCoupons } from "#app/domain/coupons/validate.server.ts";
import type { Row } from "./row";
import { measureUses } from "./use";

export async function bench(): Promise<Row[]> {
  return measureUses(
    "validate",
    async ({ code, customerId }, shopId, cart) => {
      const { isValid, codes } = await validateCoupons(shopId, { ...cart, codes: [code], customerId }, new Date());
      if (!isValid) throw new Error(`not valid: ${JSON.stringify(codes[0]?.refusals)}`);
    },
    { otherCodes: 1_000_000, p99Ms: 10 },
  );
}
