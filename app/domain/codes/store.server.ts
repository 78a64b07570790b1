/** Stores codes as coupons nobody has yet. */
import type { Tx } from "../../lib/db.server";
import type { Restrictions } from "./typed";

export interface CodesHome {
  poolId: bigint;
  awardNumber: number;
  /** The discount that carries them. Where that is never on Shopify, its codes can be handed out as they stand. */
  parentId: bigint;
  /** One code for everybody. */
  shared: boolean;
}

export interface CodeToStore {
  /** Upper case. */
  code: string;
  /** Who alone is to have it. */
  customerId: bigint | null;
}

const AS_THE_AWARD: Restrictions = { firstOrderOnly: false, usesPerCode: null, expiresAt: null, minOrderMinor: null };

/** Stores up to 10,000 codes in one statement, all under the same restrictions, and returns those that were new to the shop. */
export async function storeCodes(tx: Tx, shopId: number, home: CodesHome, codes: CodeToStore[], now: Date, restrictions = AS_THE_AWARD): Promise<string[]> {
  const { poolId, awardNumber, parentId, shared } = home;
  const { firstOrderOnly, usesPerCode, expiresAt, minOrderMinor } = restrictions;
  const rows = await tx.$queryRaw<{ code: string }[]>`
    INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "codeState", "shared", "boundCustomerId",
      "firstOrderOnly", "usesPerCode", "expiresAt", "minOrderMinor", "createdAt")
    SELECT ${shopId}::int, ${awardNumber}::int, ${poolId}::bigint, ${parentId}::bigint, code,
      (SELECT CASE "state" WHEN 'local' THEN 'local' ELSE 'planned' END FROM "ParentDiscount" WHERE "shopId" = ${shopId} AND "id" = ${parentId})::"CodeState",
      ${shared}::boolean, nullif(customer, '')::bigint,
      ${firstOrderOnly}::boolean, ${usesPerCode}::int, ${expiresAt}::timestamptz, ${minOrderMinor}::int, ${now}::timestamptz
    FROM unnest(${codes.map(({ code }) => code)}::text[], ${codes.map(({ customerId }) => customerId?.toString() ?? "")}::text[]) AS listed(code, customer)
    ON CONFLICT ("shopId", "code") DO NOTHING
    RETURNING "code"`;
  return rows.map((row) => row.code);
}
