/** Stores codes as coupons nobody has yet. */
import type { Tx } from "../../lib/db.server";

export interface CodesHome {
  poolId: bigint;
  awardNumber: number;
  parentId: bigint;
  /** One code for everybody. */
  shared: boolean;
}

/** Stores up to 10,000 upper-case codes in one statement and returns those that were new to the shop. */
export async function storeCodes(tx: Tx, shopId: number, { poolId, awardNumber, parentId, shared }: CodesHome, codes: string[], now: Date): Promise<string[]> {
  const rows = await tx.$queryRaw<{ code: string }[]>`
    INSERT INTO "Coupon" ("shopId", "awardNumber", "poolId", "parentId", "code", "shared", "createdAt")
    SELECT ${shopId}::int, ${awardNumber}::int, ${poolId}::bigint, ${parentId}::bigint, code, ${shared}::boolean, ${now}::timestamptz
    FROM unnest(${codes}::text[]) AS code
    ON CONFLICT ("shopId", "code") DO NOTHING
    RETURNING "code"`;
  return rows.map((row) => row.code);
}
