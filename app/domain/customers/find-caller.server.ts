/** Who calls from a storefront or a checkout: the shop and the customer, read for all who call at the same moment in one round trip. */
import { pool } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { groupCommit } from "../../lib/group-commit";
import { batchSizesOf } from "../../lib/metrics.server";

const BATCH_LIMIT = 64;
const QUEUE_LIMIT = 5_000;

interface Named {
  shopDomain: string;
  /** Null: a guest. */
  customerGid: Gid<"Customer"> | null;
}

export interface CallerShop {
  id: number;
  pointsName: string;
  timeZone: string;
  uninstalledAt: Date | null;
}

export interface Caller {
  /** Installed or not; null if we have never met it. */
  shop: CallerShop | null;
  /** Null: a guest, or a customer we have not met. */
  customerId: bigint | null;
}

/** The shop of this domain, and our id of Shopify's customer. */
export const findCaller: (named: Named) => Promise<Caller> = groupCommit({ commit: findCallers, batchLimit: BATCH_LIMIT, queueLimit: QUEUE_LIMIT, observe: batchSizesOf("callers") });

type Row = { [K in keyof CallerShop]: K extends "uninstalledAt" ? CallerShop[K] : CallerShop[K] | null } & { customerId: bigint | null };

async function findCallers(callers: Named[]): Promise<Caller[]> {
  const { rows } = await pool.query<Row>({
    name: "find_callers",
    text: `SELECT s."id", s."pointsName", s."timeZone", s."uninstalledAt", coalesce(k."mergedIntoId", k."id") AS "customerId"
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q("domain", "gid", "place")
      LEFT JOIN LATERAL (SELECT * FROM "Shop" s WHERE s."domain" = q."domain" LIMIT 1) s ON true
      LEFT JOIN LATERAL (SELECT k."id", k."mergedIntoId" FROM "Customer" k WHERE k."shopId" = s."id" AND k."gid" = q."gid" LIMIT 1) k ON true
      ORDER BY q."place"`,
    values: [callers.map(({ shopDomain }) => shopDomain), callers.map(({ customerGid }) => customerGid)],
  });
  return rows.map(({ id, pointsName, timeZone, uninstalledAt, customerId }) => {
    const shop = id === null || pointsName === null || timeZone === null ? null : { id, pointsName, timeZone, uninstalledAt };
    return { shop, customerId };
  });
}
