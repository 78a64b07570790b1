/** The invariants of a shop, read from the tables themselves: points, coupons, limits, locks, events. */
import { EVENT_DATA, type EventKind } from "#app/contract/events.ts";
import { lesserShare, NOTHING, shareIn, type Share } from "#app/domain/coupons/share.ts";
import { leftOf } from "#app/domain/orders/left.ts";
import { EarnedLine, RefundedLine } from "#app/domain/orders/order.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { Prisma, type Issuance } from "#app/generated/prisma/client.ts";
import { prisma } from "#app/lib/db.server.ts";

export interface Books {
  balance: number;
  held: number;
  /** Every invariant that does not hold, in words. */
  faults: string[];
}

/** Reads a customer's books and checks them; no faults: they are sound. */
export async function booksOf(shopId: number, customerId: bigint): Promise<Books> {
  const mine = { shopId, customerId };
  const account = await prisma.pointsAccount.findFirst({ where: mine });
  const [balance, held] = [account?.balance ?? 0, account?.held ?? 0];
  const entries = await prisma.pointsEntry.findMany({ where: mine });
  const lots = await prisma.pointsLot.findMany({ where: mine });
  const uses = await prisma.pointsLotUse.findMany({ where: { shopId, lotId: { in: lots.map(({ id }) => id) } } });
  const holds = await prisma.pointsHold.findMany({ where: mine });
  const issuances = await prisma.issuance.findMany({ where: mine });
  // Entries stay where they were written: those of somebody who was merged stand in one ledger, and what follows from them in another.
  const told = await prisma.pointsEntry.findMany({ where: { shopId, kind: { in: ["spent", "spending_returned"] } } });
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

  const faults: string[] = [];
  const hold = (name: string, sound: boolean) => void (sound || faults.push(name));
  const remaining = sum(lots.map((lot) => lot.remaining));
  const overdraft = Math.max(0, -balance);
  hold("balance = sum of entries", balance === sum(entries.map(({ points }) => points)));
  hold("balance = sum of lots - overdraft", balance === remaining - overdraft);
  hold("a lot's remaining = its points - its uses", lots.every((lot) => lot.remaining === lot.points - sum(uses.filter(({ lotId }) => lotId === lot.id).map(({ points }) => points))));
  hold("held = sum of open holds", held === sum(holds.filter(({ status }) => status === "held").map(({ points }) => points)));
  hold("a hold has ended exactly when its status says so", holds.every(({ status, endedAt }) => (status === "held") === (endedAt === null)));
  for (const issuance of issuances) {
    const { id, status, holdId } = issuance;
    if (holdId !== null) {
      const ofHold = holds.find((one) => one.id === holdId)?.status;
      hold(`issuance ${id} is ${status}, its hold ${ofHold}`, (status === "open" || status === "returning") === (ofHold === "held"));
    }
    const paid = -sum(told.filter(({ issuanceId }) => issuanceId === id).map(({ points }) => points));
    hold(`issuance ${id} is ${status} and cost ${paid} of ${issuance.points}`, (await costsOf(issuance)).includes(paid));
  }
  for (const { id, requestKey, status, points } of holds.filter(({ requestKey }) => requestKey !== null)) {
    const spent = sum(told.filter(({ reasonKey }) => reasonKey === `spend:hold:${id}`).map(({ points }) => points));
    hold(`hold ${id} (${requestKey}) is ${status} and cost ${-spent}`, -spent === (status === "spent" ? points : 0));
  }
  for (const spend of entries.filter(({ kind, issuanceId }) => kind === "spent" && issuanceId === null)) {
    const returned = sum(told.filter(({ returnsEntryId }) => returnsEntryId === spend.id).map(({ points }) => points));
    hold(`spend ${spend.id} took ${-spend.points} and gave back ${returned}`, returned <= -spend.points);
  }
  hold("hash chain unbroken", (await verifyChain(shopId, customerId)).outcome === "unbroken");
  return { balance, held, faults };
}

/** What an issuance may have cost by now. */
async function costsOf(issuance: Issuance): Promise<number[]> {
  const { status, points, holdId } = issuance;
  switch (status) {
    case "redeemed":
      return usedCosts(issuance);
    case "open":
    case "returning":
      // Without a hold it was paid for when it was given; one that became usable again has lost its hold.
      return [holdId === null ? points : 0];
    case "returned":
      return [0];
    case "revoked":
      // Staff say whether the points go back.
      return [0, points];
    default:
      return status satisfies never;
  }
}

/** A used coupon costs its price, less the share of its discount that went back with a part of its order. */
async function usedCosts({ shopId, id, couponId, points, awardNumber }: Issuance): Promise<number[]> {
  const { code } = await prisma.coupon.findUniqueOrThrow({ where: { shopId_id: { shopId, id: couponId } } });
  const { onReversal } = await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } } });
  const uses = await prisma.redemption.findMany({ where: { shopId, issuanceId: id, couponId } });
  const reversals = await prisma.redemptionReversal.findMany({ where: { shopId, redemptionId: { in: uses.map((use) => use.id) } } });
  const standing = uses.filter((use) => !reversals.some(({ redemptionId }) => redemptionId === use.id));
  if (standing.length === 0 || onReversal === "reuse") return [points];
  const shares = await Promise.all(standing.map((use) => goneOf(shopId, use.orderGid, code)));
  const cost = points - shareIn(points, shares.reduce(lesserShare));
  // What came back before another use, or before an edit put it back, and was not covered then: less was paid.
  const mayOwe = uses.some(({ flags }) => flags.includes("partly_paid") || flags.includes("late"));
  return mayOwe ? Array.from({ length: cost + 1 }, (_, less) => less) : [cost];
}

async function goneOf(shopId: number, orderGid: string, code: string): Promise<Share> {
  const order = await prisma.order.findUnique({ where: { shopId_gid: { shopId, gid: orderGid } } });
  const refunds = await prisma.refund.findMany({ where: { shopId, orderGid, appliedAt: { not: null } } });
  const parts = refunds.map(({ lines, beyondMinor, beyondTaxMinor }) => ({ lines: RefundedLine.array().parse(lines), beyondMinor: Number(beyondMinor), beyondTaxMinor: Number(beyondTaxMinor) }));
  return (order && leftOf(EarnedLine.array().parse(order.lines), parts).goneShare(code)) ?? NOTHING;
}

/**
 * Every invariant of the shop that does not hold, in words; none: all is sound. May be asked after any history, as long as
 * nothing is under way.
 */
export async function checkBooks(shopId: number, now = new Date()): Promise<string[]> {
  const faults: string[] = [];
  for (const { customerId } of await prisma.pointsAccount.findMany({ where: { shopId }, select: { customerId: true } })) {
    for (const fault of (await booksOf(shopId, customerId)).faults) faults.push(`customer ${customerId}: ${fault}`);
  }
  for (const [rule, broken] of Object.entries(rulesOf(shopId, now))) {
    for (const { what } of await prisma.$queryRaw<{ what: string }[]>`${broken} LIMIT 5`) faults.push(`${rule}: ${what}`);
  }
  for (const { id, kind, data } of await prisma.event.findMany({ where: { shopId } })) {
    const form = kind in EVENT_DATA ? EVENT_DATA[kind as EventKind].safeParse(data) : null;
    if (!form?.success) faults.push(`event ${id} (${kind}) is not of its form: ${form?.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ") ?? "unknown kind"}`);
  }
  return faults;
}

/** Each rule in words, and the rows that break it. */
function rulesOf(shopId: number, now: Date): Record<string, Prisma.Sql> {
  const stands = Prisma.sql`i."status" NOT IN ('returned', 'revoked')`;
  const counts = Prisma.sql`NOT EXISTS (SELECT 1 FROM "RedemptionReversal" v WHERE v."shopId" = r."shopId" AND v."redemptionId" = r."id")`;
  // A use that was recorded as one too many is a fact, not a fault; it still counts for those after it.
  const within = Prisma.sql`${counts} AND NOT 'over_limit' = ANY (r."flags")`;
  // So is a coupon that its late order took out of the return: it stands beside those that were given since.
  const came = (issuance: Prisma.Sql) => Prisma.sql`EXISTS (SELECT 1 FROM "Redemption" late WHERE late."shopId" = ${shopId} AND late."issuanceId" = ${issuance} AND 'late' = ANY (late."flags"))`;
  const limitOfCode = Prisma.sql`coalesce(c."usesPerCode", a."usesPerCode", CASE WHEN NOT (a."codeSource" = 'single' OR a."shareable") THEN 1 END)`;
  const ofAward = Prisma.sql`JOIN "Award" a ON a."shopId" = x."shopId" AND a."number" = x."awardNumber"`;
  return {
    "an award has a tally": Prisma.sql`SELECT 'award ' || a."number" AS what FROM "Award" a
      WHERE a."shopId" = ${shopId} AND NOT EXISTS (SELECT 1 FROM "AwardTally" t WHERE t."shopId" = a."shopId" AND t."awardNumber" = a."number")`,
    "a tally counts what stands": Prisma.sql`SELECT format('award %s: issued %s, used %s, locked %s, really %s, %s, %s', x."awardNumber", x."issued", x."used", x."locked", n.issued, n.used, n.locked) AS what
      FROM "AwardTally" x CROSS JOIN LATERAL (SELECT
        (SELECT count(*) FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."awardNumber" = x."awardNumber" AND ${stands}) AS issued,
        (SELECT count(*) FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."awardNumber" = x."awardNumber" AND ${counts}) AS used,
        (SELECT count(*) FROM "CouponLock" l WHERE l."shopId" = ${shopId} AND l."awardNumber" = x."awardNumber" AND l."status" = 'held') AS locked) n
      WHERE x."shopId" = ${shopId} AND (x."issued", x."used", x."locked") IS DISTINCT FROM (n.issued, n.used, n.locked)`,
    "no more is issued than the award allows": Prisma.sql`SELECT format('award %s: %s of %s', x."awardNumber", x."issued", a."issuesTotal") AS what
      FROM "AwardTally" x ${ofAward} WHERE x."shopId" = ${shopId} AND x."issued" > a."issuesTotal"
        + (SELECT count(*) FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."awardNumber" = x."awardNumber" AND ${stands} AND ${came(Prisma.sql`i."id"`)})`,
    "no customer has more than the award allows one": Prisma.sql`SELECT format('customer %s, award %s: %s', x."customerId", x."awardNumber", count(*)) AS what
      FROM (SELECT * FROM "Issuance" i WHERE i."shopId" = ${shopId} AND ${stands} AND NOT ${came(Prisma.sql`i."id"`)}) x ${ofAward}
      GROUP BY x."customerId", x."awardNumber", a."issuesPerCustomer" HAVING count(*) > a."issuesPerCustomer"`,
    "a code is one person's unless it is shared": Prisma.sql`SELECT 'coupon ' || c."id" AS what
      FROM "Coupon" c JOIN "Issuance" i ON i."shopId" = c."shopId" AND i."couponId" = c."id" AND ${stands}
      WHERE c."shopId" = ${shopId} AND NOT c."shared" GROUP BY c."id" HAVING count(*) > 1`,
    "a coupon that is out names whose it is": Prisma.sql`SELECT format('coupon %s (%s) of customer %s, its issuance %s of %s', c."id", c."status", c."customerId", i."id", i."customerId") AS what
      FROM "Coupon" c LEFT JOIN "Issuance" i ON i."shopId" = c."shopId" AND i."couponId" = c."id" AND ${stands}
      WHERE c."shopId" = ${shopId} AND NOT c."shared"
        AND (c."status" = 'issued' AND i."id" IS NULL OR c."status" = 'available' AND i."id" IS NOT NULL OR c."status" = 'issued' AND i."customerId" <> c."customerId")`,
    "a coupon counts its uses": Prisma.sql`SELECT format('coupon %s: %s, really %s', c."id", c."usesCount", n.uses) AS what
      FROM "Coupon" c CROSS JOIN LATERAL (SELECT count(*) AS uses FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."couponId" = c."id" AND ${counts}) n
      WHERE c."shopId" = ${shopId} AND c."usesCount" <> n.uses`,
    "a code is used within its limit, or the use is flagged": Prisma.sql`SELECT format('coupon %s: %s of %s', c."id", n.uses, ${limitOfCode}) AS what
      FROM "Coupon" c JOIN "Award" a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber"
      CROSS JOIN LATERAL (SELECT count(*) AS uses FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."couponId" = c."id" AND ${within}) n
      WHERE c."shopId" = ${shopId} AND n.uses > ${limitOfCode}`,
    "a customer uses an award within its limit, or the use is flagged": Prisma.sql`SELECT format('customer %s, award %s: %s', x."customerId", x."awardNumber", count(*)) AS what
      FROM (SELECT * FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."customerId" IS NOT NULL AND ${within}) x ${ofAward}
      GROUP BY x."customerId", x."awardNumber", a."usesPerCustomer" HAVING count(*) > a."usesPerCustomer"`,
    "an award is used within its limit, or the use is flagged": Prisma.sql`SELECT format('award %s: %s of %s', x."awardNumber", count(*), a."usesTotal") AS what
      FROM (SELECT * FROM "Redemption" r WHERE r."shopId" = ${shopId} AND ${within}) x ${ofAward}
      GROUP BY x."awardNumber", a."usesTotal" HAVING count(*) > a."usesTotal"`,
    "a lock has ended exactly when its status says so, and what burned it is known": Prisma.sql`SELECT format('lock %s of coupon %s is %s', l."reference", l."couponId", l."status") AS what
      FROM "CouponLock" l WHERE l."shopId" = ${shopId}
        AND ((l."status" = 'held') <> (l."endedAt" IS NULL) OR (l."status" = 'burned') <> (l."transactionId" IS NOT NULL))`,
    "locks that hold reserve no more uses than are left": Prisma.sql`SELECT format('coupon %s: %s locked, %s used of %s', c."id", count(*), c."usesCount", ${limitOfCode}) AS what
      FROM "Coupon" c JOIN "Award" a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber"
      JOIN "CouponLock" l ON l."shopId" = c."shopId" AND l."couponId" = c."id" AND l."status" = 'held' AND l."endsAt" > ${now}::timestamptz
      WHERE c."shopId" = ${shopId}
        AND NOT EXISTS (SELECT 1 FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."couponId" = c."id" AND 'over_limit' = ANY (r."flags"))
      GROUP BY c."id", c."usesCount", ${limitOfCode} HAVING count(*) + c."usesCount" > ${limitOfCode}`,
    "a redemption has its order": Prisma.sql`SELECT format('redemption %s of %s', r."id", r."orderGid") AS what
      FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."orderGid" LIKE 'gid://shopify/Order/%'
        AND NOT EXISTS (SELECT 1 FROM "Order" o WHERE o."shopId" = r."shopId" AND o."gid" = r."orderGid")`,
    "a redemption is reversed at most once, and exists": Prisma.sql`SELECT 'reversal of ' || v."redemptionId" AS what
      FROM "RedemptionReversal" v WHERE v."shopId" = ${shopId} AND NOT EXISTS (SELECT 1 FROM "Redemption" r WHERE r."shopId" = v."shopId" AND r."id" = v."redemptionId")`,
    "a code that somebody may still use is live, or its change is pending": Prisma.sql`SELECT format('coupon %s is %s', c."id", c."codeState") AS what
      FROM "Coupon" c JOIN "Award" a ON a."shopId" = c."shopId" AND a."number" = c."awardNumber"
      WHERE c."shopId" = ${shopId} AND c."status" = 'issued' AND c."codeState" <> CASE a."appliedBy" WHEN 'shopify' THEN 'live' ELSE 'local' END::"CodeState"
        AND NOT EXISTS (SELECT 1 FROM "Change" g WHERE g."shopId" = c."shopId" AND g."status" <> 'done'
          AND (g."kind" = 'push_codes' AND g."subject" = c."parentId"::text OR g."kind" LIKE 'withdraw%'))`,
    "points that lapse are all of one lot, whose day is over": Prisma.sql`SELECT format('entry %s of %s', e."id", e."points") AS what
      FROM "PointsEntry" e WHERE e."shopId" = ${shopId} AND e."kind" = 'expired'
        AND NOT EXISTS (SELECT 1 FROM "PointsLotUse" u JOIN "PointsLot" l ON l."shopId" = u."shopId" AND l."id" = u."lotId"
          WHERE u."shopId" = e."shopId" AND u."entryId" = e."id" AND u."points" = -e."points" AND l."expiresAt" <= e."recordedAt")`,
    "points whose day is over are spent only if they were held before": Prisma.sql`SELECT format('entry %s took %s of lot %s', e."id", u."points", l."id") AS what
      FROM "PointsLot" l JOIN "PointsLotUse" u ON u."shopId" = l."shopId" AND u."lotId" = l."id" AND u."points" > 0
      JOIN "PointsEntry" e ON e."shopId" = u."shopId" AND e."id" = u."entryId" AND e."kind" = 'spent'
      WHERE l."shopId" = ${shopId} AND e."recordedAt" > l."expiresAt"
        AND NOT EXISTS (SELECT 1 FROM "PointsHold" h WHERE h."shopId" = l."shopId"
          AND h."customerId" IN (l."customerId", (SELECT k."mergedIntoId" FROM "Customer" k WHERE k."shopId" = l."shopId" AND k."id" = l."customerId"))
          AND h."heldAt" <= l."expiresAt" AND (h."endedAt" IS NULL OR h."endedAt" >= e."recordedAt"))`,
    "what is pending has no entry, and what has matured has its own": Prisma.sql`SELECT format('%s: %s points, ended %s, entry of %s', p."orderGid", p."points", p."endedAt", e."points") AS what
      FROM "PendingEarning" p LEFT JOIN "PointsEntry" e ON e."shopId" = p."shopId" AND e."reasonKey" = 'earn:' || p."orderGid"
      WHERE p."shopId" = ${shopId} AND (CASE WHEN p."endedAt" IS NULL OR p."points" = 0 THEN e."id" IS NOT NULL ELSE e."points" IS DISTINCT FROM p."points" END
        OR p."endedAt" < p."maturesAt")`,
    "every entry was told": Prisma.sql`SELECT format('entry %s', e."id") AS what
      FROM "PointsEntry" e WHERE e."shopId" = ${shopId} AND e."recordedAt" > ${now}::timestamptz - interval '30 days'
        AND (SELECT count(*) FROM "Event" n WHERE n."shopId" = e."shopId" AND n."kind" = 'points.changed' AND n."data" ->> 'entryId' = 'pte_' || e."id") <> 1`,
    "every use was told": Prisma.sql`SELECT format('redemption %s', r."id") AS what
      FROM "Redemption" r WHERE r."shopId" = ${shopId} AND r."recordedAt" > ${now}::timestamptz - interval '30 days'
        AND (SELECT count(*) FROM "Event" n WHERE n."shopId" = r."shopId" AND n."kind" = 'coupon.redeemed' AND n."data" ->> 'redemptionId' = 'red_' || r."id") <> 1`,
    "events are numbered without gaps": Prisma.sql`SELECT format('%s events numbered from %s to %s, the shop at %s', count(*), min(e."seq"), max(e."seq"), s."lastEventSeq") AS what
      FROM "Event" e JOIN "Shop" s ON s."id" = e."shopId" WHERE e."shopId" = ${shopId} AND e."seq" IS NOT NULL
      GROUP BY s."lastEventSeq" HAVING max(e."seq") - min(e."seq") + 1 <> count(*) OR max(e."seq") <> s."lastEventSeq"`,
  };
}
