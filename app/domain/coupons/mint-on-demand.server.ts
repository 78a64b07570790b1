/** Codes that need no place on Shopify are made while the customer waits, should the stock be empty. */
import { inTransaction } from "../../lib/db.server";
import { mintCodes } from "../codes/mint.server";

/** Makes so many codes of an integrator's award that we mint; fewer when its pattern is used up, none where it is no such award. */
export function mintOnDemand(shopId: number, awardNumber: number, count: number, now: Date): Promise<number> {
  return inTransaction(async (tx) => {
    const award = await tx.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber }, appliedBy: "integrator" } });
    const pool = award && (await tx.codePool.findFirst({ where: { shopId, awardNumber, source: { in: ["generated", "pattern"] } } }));
    const parent = pool && (await tx.parentDiscount.findUnique({ where: { shopId_awardNumber_bucket: { shopId, awardNumber, bucket: "" } } }));
    if (!parent) return 0;
    const { codeKey } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
    return mintCodes(tx, shopId, { ...pool, codeKey, parentId: parent.id }, count, now);
  });
}
