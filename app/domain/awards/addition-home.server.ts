/** Where further codes of an award go. */
import type { Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import type { AdditionHome } from "../codes/addition.server";
import { usesOfOneCode } from "./award";
import { openBuckets, parentFor } from "./parents.server";

/** The award's pool, the discount that carries its codes now, and those that carry codes with restrictions. The award is there. */
export async function additionHome(tx: Tx, shopId: number, awardNumber: number, now: Date): Promise<AdditionHome> {
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } } });
  const pool = await tx.codePool.findFirstOrThrow({ where: { shopId, awardNumber }, orderBy: { id: "asc" } });
  const { codeKey } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { codeKey: true } });
  const [parent] = await openBuckets(tx, shopId, award, now);
  if (!parent) throw new Error(`award ${awardNumber} of shop ${shopId} has no discount`);
  return {
    pool: { ...pool, parentId: parent.id, codeKey },
    usesOfOne: usesOfOneCode(award),
    async parentFor(inner, { customerId, firstOrderOnly, usesPerCode, expiresAt, minOrderMinor }) {
      const customer = customerId === null ? null : await inner.customer.findUniqueOrThrow({ where: { shopId_id: { shopId, id: customerId } }, select: { gid: true } });
      const { id } = await parentFor(inner, shopId, award, { firstOrderOnly, usesPerCode, expiresAt, minOrderMinor, customerGid: customer?.gid ?? null }, now);
      return id;
    },
    async tellShopify(inner, parentIds) {
      // Codes follow a discount that is not there yet by themselves.
      const there = await inner.parentDiscount.findMany({ where: { shopId, id: { in: parentIds }, gid: { not: null }, state: { not: "local" } }, select: { id: true } });
      for (const { id } of there) await recordChange(inner, shopId, { kind: "push_codes", subject: id }, now);
    },
  };
}
