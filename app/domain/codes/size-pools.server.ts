/** Stocks that follow demand: the worker sizes them anew from what was given out lately. */
import { prisma, inTransaction } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";
import { recordChange } from "../changes/record.server";
import { spaceOf } from "./pattern";
import { MAX_STOCK } from "./pool";
import { LEAD_DAYS, stockTargetFor } from "./sizing";

const RECENT_DAYS = 14;
const PAGE = 200;
const PAGES = 500;
/** Counting a day further would ask for more than a pool may hold. */
const DAY_BOUND = Math.ceil(MAX_STOCK / LEAD_DAYS);

interface SizedPool {
  shopId: number;
  id: bigint;
  alphabet: string;
  length: number;
  nextSlot: bigint;
  stockTarget: number;
  busiestDay: number;
  remaining: number | null;
}

/** Sets the stock target of every self-sizing pool; how many were changed. */
export async function sizePools(now: Date): Promise<number> {
  let changed = 0;
  let after: Pick<SizedPool, "shopId" | "id"> = { shopId: 0, id: 0n };
  for (let page = 0; page < PAGES; page++) {
    const pools = await readPools(after, now);
    changed += await sweepEach(pools, "sizing pools", async (pool) => ((await isResized(pool, now)) ? 1 : 0));
    const last = pools.at(-1);
    if (!last || pools.length < PAGE) break;
    after = last;
  }
  return changed;
}

function readPools({ shopId, id }: Pick<SizedPool, "shopId" | "id">, now: Date): Promise<SizedPool[]> {
  return prisma.$queryRaw<SizedPool[]>`
    SELECT p."shopId", p."id", p."alphabet", p."length", p."nextSlot", p."stockTarget", demand."busiestDay",
      least(a."usesTotal" - greatest(t."used", t."issued"), a."issuesTotal" - t."issued")::int AS "remaining"
    FROM "CodePool" p
    JOIN "Shop" s ON s."id" = p."shopId" AND s."uninstalledAt" IS NULL
    JOIN "Award" a ON a."shopId" = p."shopId" AND a."number" = p."awardNumber" AND a."status" = 'active' AND (a."endsAt" IS NULL OR a."endsAt" > ${now}::timestamptz)
    JOIN "AwardTally" t ON t."shopId" = p."shopId" AND t."awardNumber" = p."awardNumber"
    CROSS JOIN LATERAL (
      SELECT max(given."count")::int AS "busiestDay"
      FROM generate_series(0, ${RECENT_DAYS - 1}) AS ago
      CROSS JOIN LATERAL (
        SELECT count(*) FROM (
          SELECT 1 FROM "Issuance" i
          WHERE i."shopId" = p."shopId" AND i."awardNumber" = p."awardNumber"
            AND i."issuedAt" > ${now}::timestamptz - make_interval(days => ago + 1) AND i."issuedAt" <= ${now}::timestamptz - make_interval(days => ago)
          LIMIT ${DAY_BOUND}) counted) AS given) AS demand
    WHERE p."selfSizing" AND p."stockTarget" > 0 AND (p."shopId", p."id") > (${shopId}::int, ${id}::bigint)
    ORDER BY p."shopId", p."id" LIMIT ${PAGE}`;
}

async function isResized({ shopId, id, stockTarget, nextSlot, ...pool }: SizedPool, now: Date): Promise<boolean> {
  const wanted = stockTargetFor({ ...pool, makeable: spaceOf(pool) - Number(nextSlot) });
  if (wanted === stockTarget) return false;
  return inTransaction(async (tx) => {
    const set = await tx.codePool.updateMany({ where: { shopId, id, selfSizing: true, stockTarget }, data: { stockTarget: wanted } });
    if (set.count === 1 && wanted > stockTarget) await recordChange(tx, shopId, { kind: "refill_pool", subject: id }, now);
    return set.count === 1;
  });
}
