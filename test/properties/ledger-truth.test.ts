/**
 * What a ledger says of the past is what was written then: the liability at any instant is a replay of the entries, and whoever alters
 * anything that is stored is found at the very entry.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointsEntryKind } from "#app/generated/prisma/client.ts";
import { checkLedgers, listLedgerChecks, stepLedgerCheck } from "#app/domain/points/check-ledgers.server.ts";
import { holdPoints } from "#app/domain/points/hold.server.ts";
import { lapsePoints } from "#app/domain/points/lapse.server.ts";
import { liabilityAt } from "#app/domain/points/liability.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { redeemPoints } from "#app/domain/points/redeem.server.ts";
import { refundPoints } from "#app/domain/points/refund.server.ts";
import { verifyLedger } from "#app/domain/points/verify.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { givePoints, newCustomer, newShop, NOON } from "#test/factories.ts";
import { tamper } from "#test/tamper.ts";

const HOUR = 3_600_000;
const after = (hours: number) => new Date(NOON.getTime() + hours * HOUR);

const CUSTOMERS = 4;
const Posting = fc.record({
  customer: fc.nat(CUSTOMERS - 1),
  points: fc.integer({ min: -200, max: 300 }).filter((points) => points !== 0),
  /** Clocks of processes differ: what is posted later may be recorded at an earlier instant. */
  hour: fc.nat(400),
});

const kindOf = (points: number): PointsEntryKind => (points > 0 ? "earned" : "earning_reversed");

describe("the liability at any instant", () => {
  it("is what a replay of the entries until then gives", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Posting, { minLength: 5, maxLength: 30 }), fc.array(fc.integer({ min: -5, max: 405 }), { minLength: 3, maxLength: 6 }), fc.option(fc.integer({ min: 1, max: 999 })), async (postings, instants, hundredMinor) => {
        const { id: shopId } = await newShop();
        await prisma.shop.update({ where: { id: shopId }, data: { hundredMinor } });
        const other = await newShop();
        await givePoints(other.id, (await newCustomer(other.id)).id, 1000, after(-10));
        const ids: bigint[] = [];
        for (let index = 0; index < CUSTOMERS; index++) ids.push((await newCustomer(shopId)).id);
        for (const { customer, points, hour } of postings) {
          const entry = { customerId: ids[customer] ?? 0n, kind: kindOf(points), points, reasonKey: randomUUID(), note: null, occurredAt: after(hour - 100), overdraft: true };
          await inTransaction((tx) => postEntry(tx, shopId, entry, after(hour)));
        }
        for (const instant of instants) {
          const balances = ids.map((_, index) => postings.filter(({ customer, hour }) => customer === index && hour <= instant).reduce((sum, { points }) => sum + points, 0));
          const points = balances.reduce((sum, balance) => sum + Math.max(0, balance), 0);
          expect(await liabilityAt(shopId, after(instant))).toEqual({
            points, negativePoints: balances.reduce((sum, balance) => sum + Math.min(0, balance), 0), pendingPoints: 0,
            moneyMinor: hundredMinor === null ? null : Math.floor((points * hundredMinor) / 100),
          });
        }
      }),
      { numRuns: 25, endOnFailure: false },
    );
  });

  it("names what is pending apart", async () => {
    const { id: shopId } = await newShop();
    const { id: customerId } = await newCustomer(shopId);
    await prisma.pendingEarning.createMany({
      data: [
        { shopId, orderGid: "gid://shopify/Order/1", customerId, points: 30, occurredAt: after(1), maturesAt: after(50) },
        { shopId, orderGid: "gid://shopify/Order/2", customerId, points: 20, occurredAt: after(2), maturesAt: after(9), endedAt: after(10) },
      ],
    });
    const pending = async (hours: number) => (await liabilityAt(shopId, after(hours))).pendingPoints;
    expect([await pending(0), await pending(1), await pending(2), await pending(9), await pending(10)]).toEqual([0, 30, 50, 50, 30]);
  });
});

/** Three customers with ten entries each or more, of every kind: earned, spent, returned, held, lapsed. */
async function livedShop() {
  const { id: shopId } = await newShop();
  await prisma.shop.update({ where: { id: shopId }, data: { expiryMonths: 1 } });
  const ids: bigint[] = [];
  for (let index = 0; index < 3; index++) {
    const { id: customerId } = await newCustomer(shopId);
    ids.push(customerId);
    for (let step = 0; step < 4; step++) await givePoints(shopId, customerId, 50 + step, after(step));
    const spending = await redeemPoints(shopId, { customerId, points: 70, requestKey: randomUUID(), note: "At the till" }, after(5));
    if (spending.outcome !== "redeemed") throw new Error(spending.outcome);
    await refundPoints(shopId, { entryId: spending.entryId, points: 20, requestKey: "part", note: null }, after(6));
    const order = { customerId, orderGid: "gid://shopify/Order/1", note: "Order #1", occurredAt: after(7) };
    await inTransaction((tx) => postEntry(tx, shopId, { ...order, kind: "earned", points: 40, reasonKey: `earn:${customerId}` }, after(7)));
    await inTransaction((tx) => postEntry(tx, shopId, { ...order, kind: "earning_reversed", points: -15, reasonKey: `unearn:${customerId}`, overdraft: true }, after(8)));
    await lapsePoints(after(24 * 40));
    await givePoints(shopId, customerId, 500, after(24 * 40));
    await holdPoints(shopId, { customerId, points: 60, minutes: 10_000, requestKey: "a hold", note: null }, after(24 * 40));
  }
  return { shopId, ids };
}

async function verifyAll(shopId: number, limit: number) {
  const found: { customerId: bigint; seq: number | null }[] = [];
  for (let after: bigint | null = 0n; after !== null; ) {
    const step: Awaited<ReturnType<typeof verifyLedger>> = await verifyLedger(shopId, { afterCustomerId: after, limit });
    found.push(...step.broken);
    after = step.nextAfter;
  }
  return found;
}

/** Another value for each column. */
const ALTERED: Record<string, string> = {
  id: `"id" + 1000000000`, seq: `"seq" + 1000`, kind: `CASE "kind" WHEN 'imported' THEN 'merged' ELSE 'imported' END::"PointsEntryKind"`, points: `"points" + 1`,
  balanceAfter: `"balanceAfter" + 1`, reasonKey: `"reasonKey" || 'x'`, note: `coalesce("note", '') || 'x'`, noteSalt: `sha256(coalesce("noteSalt", ''))`,
  noteDigest: `sha256(coalesce("noteDigest", ''))`, orderGid: `coalesce("orderGid", '') || 'x'`,
  issuanceId: `coalesce("issuanceId", 0) + 1`, returnsEntryId: `coalesce("returnsEntryId", 0) + 1`, hash: `sha256("hash")`,
  occurredAt: `"occurredAt" + interval '1 millisecond'`, recordedAt: `"recordedAt" - interval '1 millisecond'`,
};

/** Gives an entry the hash that its columns and the entry before it ask for. */
async function hashAnew(shopId: number, customerId: bigint, seq: number): Promise<void> {
  await tamper(`
    UPDATE "PointsEntry" e SET "hash" = points_entry_hash(
      (SELECT p."hash" FROM "PointsEntry" p WHERE p."shopId" = $1 AND p."customerId" = $2 AND p."seq" < $3 ORDER BY p."seq" DESC LIMIT 1), e."shopId", e."id", e."customerId", e."seq", e."kind"::text, e."points",
      e."balanceAfter", e."reasonKey", points_note_in_chain(e."note", e."noteSalt", e."noteDigest"), e."orderGid", e."issuanceId", e."returnsEntryId", e."occurredAt", e."recordedAt")
    WHERE e."shopId" = $1 AND e."customerId" = $2 AND e."seq" = $3`, [shopId, customerId, seq]);
}

describe("the walk over a shop's ledger", () => {
  it("finds any altered column of any entry, at that entry, in steps of any size", { timeout: 240_000 }, async () => {
    const { shopId, ids } = await livedShop();
    expect(await verifyAll(shopId, 2)).toEqual([]);
    const columns = (await prisma.$queryRaw<{ name: string }[]>`SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = 'PointsEntry'`).map(({ name }) => name);
    // The shop and the customer say whose chain it is; they are moved below.
    expect(columns.filter((name) => !["shopId", "customerId"].includes(name)).sort()).toEqual(Object.keys(ALTERED).sort());

    const entries = await prisma.pointsEntry.findMany({ where: { shopId } });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...entries), fc.constantFrom(...Object.keys(ALTERED)), fc.integer({ min: 1, max: 5 }), async (entry, column, limit) => {
        const altered = `UPDATE "PointsEntry" SET "${column}" = ${ALTERED[column] ?? ""} WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = $3`;
        expect(await tamper(altered, [shopId, entry.customerId, entry.seq])).toBe(1);
        expect((await verifyAll(shopId, limit)).filter(({ customerId }) => customerId === entry.customerId)).toEqual([{ customerId: entry.customerId, seq: entry.seq }]);
        await restore(entry);
      }),
      { numRuns: 120, endOnFailure: true },
    );
    expect(await verifyAll(shopId, 500)).toEqual([]);

    async function restore(entry: (typeof entries)[number]) {
      await tamper(`DELETE FROM "PointsEntry" WHERE "shopId" = $1 AND "id" IN ($2, $3)`, [shopId, entry.id, entry.id + 1_000_000_000n]);
      await putBack(entry);
    }
    async function putBack(entry: (typeof entries)[number]) {
      await prisma.pointsEntry.create({ data: entry });
    }

    for (const entry of entries.filter(({ customerId }) => customerId === ids[1])) {
      await tamper(`DELETE FROM "PointsEntry" WHERE "shopId" = $1 AND "id" = $2`, [shopId, entry.id]);
      expect(await verifyAll(shopId, 2), `entry ${entry.seq} deleted`).toEqual([{ customerId: entry.customerId, seq: entry.seq }]);
      await putBack(entry);
    }
  });

  it("finds an entry that was moved to another customer or shop, in the place where it is missing", async () => {
    const { shopId, ids } = await livedShop();
    const other = await newShop();
    await tamper(`UPDATE "PointsEntry" SET "customerId" = 999999999, "seq" = 1 WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = 3`, [shopId, ids[0]]);
    await tamper(`UPDATE "PointsEntry" SET "shopId" = $3 WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = 4`, [shopId, ids[1], other.id]);
    expect(await verifyAll(shopId, 3)).toEqual([{ customerId: ids[0], seq: 3 }, { customerId: ids[1], seq: 4 }, { customerId: 999_999_999n, seq: 1 }]);
    expect(await verifyAll(other.id, 3)).toEqual([{ customerId: ids[1], seq: 1 }]);
  });

  it.each([
    ["an account's balance", `UPDATE "PointsAccount" SET "balance" = "balance" + 1 WHERE "shopId" = $1 AND "customerId" = $2`],
    ["what is held", `UPDATE "PointsAccount" SET "held" = 0 WHERE "shopId" = $1 AND "customerId" = $2`],
    ["a hold", `UPDATE "PointsHold" SET "points" = "points" - 1 WHERE "shopId" = $1 AND "customerId" = $2`],
    ["what a lot has left", `UPDATE "PointsLot" SET "remaining" = "remaining" - 1 WHERE "shopId" = $1 AND "customerId" = $2 AND "remaining" = 500`],
    ["what two lots have left", `UPDATE "PointsLot" SET "remaining" = CASE "remaining" WHEN 0 THEN 1 ELSE "remaining" - 1 END
      WHERE "shopId" = $1 AND "customerId" = $2 AND "id" IN (SELECT max("id") FROM "PointsLot" WHERE "customerId" = $2 GROUP BY "remaining" = 0)`],
    ["a lot's points", `UPDATE "PointsLot" SET "points" = "points" + 5, "remaining" = "remaining" + 5 WHERE "shopId" = $1 AND "customerId" = $2 AND "remaining" = 0 AND "points" = 50`],
    ["when the first lot ends", `UPDATE "PointsAccount" SET "lapsesAt" = NULL WHERE "shopId" = $1 AND "customerId" = $2`],
    ["a balance together with its lot", `WITH lot AS (
        UPDATE "PointsLot" SET "points" = "points" - 5, "remaining" = "remaining" - 5 WHERE "shopId" = $1 AND "customerId" = $2 AND "remaining" = 500)
      UPDATE "PointsAccount" SET "balance" = "balance" - 5 WHERE "shopId" = $1 AND "customerId" = $2`],
    ["a lot, which is gone", `DELETE FROM "PointsLot" WHERE "shopId" = $1 AND "customerId" = $2 AND "remaining" = 500`],
    ["a use of a lot", `DELETE FROM "PointsLotUse" WHERE "shopId" = $1 AND "lotId" IN (SELECT "id" FROM "PointsLot" WHERE "customerId" = $2)`],
  ])("finds %s that was altered, whose entries are sound", async (_name, sql) => {
    const { shopId, ids } = await livedShop();
    expect(await tamper(sql, [shopId, ids[1]])).toBeGreaterThan(0);
    expect(await verifyAll(shopId, 2)).toEqual([{ customerId: ids[1], seq: null }]);
  });

  it.each([
    ["a number is left out", `UPDATE "PointsEntry" SET "seq" = "seq" + 1000 WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" >= 3`],
    ["a balance does not follow from the one before", `UPDATE "PointsEntry" SET "balanceAfter" = "balanceAfter" + 7 WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" >= 3`],
  ])("finds a chain that was hashed anew to its end, its account made to fit, if %s", async (_name, sql) => {
    const { shopId, ids } = await livedShop();
    const customerId = ids[1] ?? 0n;
    expect(await tamper(sql, [shopId, customerId])).toBeGreaterThan(0);
    for (const { seq } of await prisma.pointsEntry.findMany({ where: { shopId, customerId }, orderBy: { seq: "asc" }, select: { seq: true } })) await hashAnew(shopId, customerId, seq);
    await tamper(`
      UPDATE "PointsAccount" SET ("lastSeq", "lastHash", "balance") = (SELECT "seq", "hash", "balanceAfter" FROM "PointsEntry" WHERE "shopId" = $1 AND "customerId" = $2 ORDER BY "seq" DESC LIMIT 1)
      WHERE "shopId" = $1 AND "customerId" = $2`, [shopId, customerId]);
    expect(await verifyAll(shopId, 2)).toEqual([{ customerId, seq: 3 }]);
  });

  it("finds an entry that was altered and hashed anew, at the entry that was chained to it", async () => {
    const { shopId, ids } = await livedShop();
    const customerId = ids[1] ?? 0n;
    await tamper(`UPDATE "PointsEntry" SET "reasonKey" = "reasonKey" || ' altered' WHERE "shopId" = $1 AND "customerId" = $2 AND "seq" = 3`, [shopId, customerId]);
    await hashAnew(shopId, customerId, 3);
    expect(await verifyAll(shopId, 2)).toEqual([{ customerId, seq: 4 }]);
  });

  it("finds a cut chain whose account was made to fit, by the head that it kept", async () => {
    const { shopId, ids } = await livedShop();
    await tamper(`UPDATE "PointsAccount" a SET "lastHash" = sha256(a."lastHash") WHERE "shopId" = $1 AND "customerId" = $2`, [shopId, ids[2]]);
    const last = await prisma.pointsEntry.findFirstOrThrow({ where: { shopId, customerId: ids[2] ?? 0n }, orderBy: { seq: "desc" } });
    expect(await verifyAll(shopId, 2)).toEqual([{ customerId: ids[2], seq: last.seq }]);
  });
});

describe("the nightly check", () => {
  it("walks every ledger once and keeps what it found, though it is called many times and by many", async () => {
    const { shopId, ids } = await livedShop();
    const steps = async (now: Date) => {
      await checkLedgers(now);
      await checkLedgers(now);
      while (await stepLedgerCheck(shopId, now));
    };
    await steps(after(1000));
    const entries = await prisma.pointsEntry.count({ where: { shopId } });
    expect(await listLedgerChecks(shopId, 5)).toMatchObject([{ startedAt: after(1000), endedAt: after(1000), customersCount: 3, entriesCount: BigInt(entries), brokenCount: 0, brokenCustomerId: null }]);

    await tamper(`UPDATE "PointsEntry" SET "note" = 'a present' WHERE "shopId" = $1 AND "seq" = 2`, [shopId]);
    await Promise.all([steps(after(1024)), steps(after(1024))]);
    const [second] = await listLedgerChecks(shopId, 1);
    expect(second).toMatchObject({ customersCount: 3, entriesCount: BigInt(entries), brokenCount: 3, brokenCustomerId: ids[0], brokenSeq: 2 });
  });

  it("goes on where the last step ended, through more customers than a step takes, and counts a step once that two workers walk", async () => {
    const { id: shopId } = await newShop();
    await prisma.$executeRaw`INSERT INTO "Customer" ("shopId", "gid", "updatedAt") SELECT ${shopId}, 'gid://shopify/Customer/' || n, now() FROM generate_series(1, 1100) n`;
    await prisma.$executeRaw`INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT "shopId", "id" FROM "Customer" WHERE "shopId" = ${shopId}`;
    await prisma.$queryRaw`
      SELECT count(*) FROM "Customer" k, LATERAL post_points_entry(${shopId}::int, k."id", 'imported', 5, 'gift:' || k."id", NULL, NULL, NULL, ${NOON}::timestamptz, ${NOON}::timestamptz, false)
      WHERE k."shopId" = ${shopId}`;
    const last = await prisma.customer.findFirstOrThrow({ where: { shopId }, orderBy: { id: "desc" } });
    await tamper(`UPDATE "PointsEntry" SET "points" = 6 WHERE "shopId" = $1 AND "customerId" = $2`, [shopId, last.id]);

    await checkLedgers(after(1));
    await Promise.all([stepLedgerCheck(shopId, after(1)), stepLedgerCheck(shopId, after(1))]);
    expect(await listLedgerChecks(shopId, 1)).toMatchObject([{ endedAt: after(1), customersCount: 1100, entriesCount: 1100n, brokenCount: 1, brokenCustomerId: last.id, brokenSeq: 1 }]);
  });
});
