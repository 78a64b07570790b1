import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { adjustPoints, Adjustment } from "#app/domain/points/adjust.server.ts";
import { postEntry } from "#app/domain/points/post.server.ts";
import { listStatement } from "#app/domain/points/queries.server.ts";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { readPosition } from "#app/lib/page.ts";
import { givePoints, newCustomer, newShop, NOON } from "#test/factories.ts";
import { tamper } from "#test/tamper.ts";

async function member() {
  const shop = await newShop();
  const customer = await newCustomer(shop.id);
  const adjust = (points: number, requestKey: string = randomUUID()) => adjustPoints(shop.id, customer.id, { points, reason: "A correction", requestKey }, NOON);
  return { shop, customer, adjust, lots: () => prisma.pointsLot.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } }) };
}

describe("a merchant adjusts a customer's points", () => {
  it("gives, takes, and is refused what the customer does not have", async () => {
    const { adjust } = await member();
    await adjust(100);
    expect(await adjust(-30, "first-press")).toMatchObject({ outcome: "posted", balance: 70, held: 0 });
    expect(await adjust(-30, "first-press")).toMatchObject({ outcome: "already_posted", balance: 70, held: 0 });
    expect(await adjust(-71, "second-press")).toMatchObject({ outcome: "insufficient", balance: 70, held: 0 });
  });

  it("presses once and the browser sends it ten times at once: it counts once", async () => {
    const { adjust, shop, customer } = await member();
    const postings = await Promise.all(Array.from({ length: 10 }, () => adjust(50, "one-press")));
    expect(postings.filter(({ outcome }) => outcome === "posted")).toHaveLength(1);
    expect(await verifyChain(shop.id, customer.id)).toMatchObject({ outcome: "unbroken", entriesCount: 1 });
  });

  it("cannot give more than a balance can count", async () => {
    const { adjust } = await member();
    await adjust(1_000_000_000);
    await adjust(1_000_000_000);
    expect(await adjust(147_483_648)).toMatchObject({ outcome: "full", balance: 2_000_000_000, held: 0 });
    expect(await adjust(147_483_647)).toMatchObject({ outcome: "posted", balance: 2_147_483_647, held: 0 });
  });

  it("takes from many places at once, and never more than there is", async () => {
    const { adjust } = await member();
    await adjust(100);
    const postings = await Promise.all(Array.from({ length: 12 }, () => adjust(-30)));
    expect(postings.filter(({ outcome }) => outcome === "posted")).toHaveLength(3);
    expect(postings.filter(({ outcome }) => outcome === "insufficient")).toHaveLength(9);
  });

  it.each([
    ["nothing", { points: 0 }],
    ["half a point", { points: 1.5 }],
    ["more than there can be", { points: 2_000_000_000 }],
    ["for no reason", { reason: "  " }],
  ])("cannot adjust %s", (_name, wrong) => {
    expect(Adjustment.safeParse({ points: 5, reason: "Sorry for the wait", requestKey: "12345678", ...wrong }).success).toBe(false);
  });
});

describe("lots", () => {
  it("are used oldest first, and a return goes back to those that paid", async () => {
    const { shop, customer, adjust, lots } = await member();
    await adjust(40);
    await adjust(50);
    const entry = { customerId: customer.id, note: null, issuanceId: 1n, occurredAt: NOON };
    const post = (kind: "spent" | "spending_returned", points: number) => inTransaction((tx) => postEntry(tx, shop.id, { ...entry, kind, points, reasonKey: randomUUID() }, NOON));
    await post("spent", -60);
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([0, 30]);
    await post("spending_returned", 35);
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([15, 50]);
    await post("spending_returned", 25);
    expect((await lots()).map(({ remaining }) => remaining)).toEqual([40, 50]);
  });
});

describe("the chain of a ledger", () => {
  it.each([
    ["a changed amount", `UPDATE "PointsEntry" SET "points" = 21 WHERE "shopId" = $1 AND "seq" = 2`, { outcome: "broken", seq: 2 }],
    ["a changed note", `UPDATE "PointsEntry" SET "note" = 'gift' WHERE "shopId" = $1 AND "seq" = 3`, { outcome: "broken", seq: 3 }],
    ["a note that was taken away", `UPDATE "PointsEntry" SET "note" = NULL WHERE "shopId" = $1 AND "seq" = 3`, { outcome: "broken", seq: 3 }],
    ["a note with another salt", `UPDATE "PointsEntry" SET "note" = 'gift', "noteSalt" = 'salt' WHERE "shopId" = $1 AND "seq" = 3`, { outcome: "broken", seq: 3 }],
    ["a note put beside what an erased one left", `UPDATE "PointsEntry" SET "noteDigest" = points_note_digest("note", "noteSalt"), "note" = 'gift' WHERE "shopId" = $1 AND "seq" = 3`, { outcome: "broken", seq: 3 }],
    ["a note that hides as one of before", `UPDATE "PointsEntry" SET "note" = '{"sha256": "' || encode(points_note_digest("note", "noteSalt"), 'hex') || '"}', "noteSalt" = NULL WHERE "shopId" = $1 AND "seq" = 3`, { outcome: "broken", seq: 3 }],
    ["a changed day", `UPDATE "PointsEntry" SET "occurredAt" = "occurredAt" - interval '1 day' WHERE "shopId" = $1 AND "seq" = 1`, { outcome: "broken", seq: 1 }],
    ["a missing entry", `DELETE FROM "PointsEntry" WHERE "shopId" = $1 AND "seq" = 2`, { outcome: "broken", seq: 2 }],
    ["a missing end", `DELETE FROM "PointsEntry" WHERE "shopId" = $1 AND "seq" = 4`, { outcome: "broken", seq: 4 }],
  ])("shows %s, even one that the database could not refuse", async (_name, sql, expected) => {
    const { shop, customer, adjust } = await member();
    for (const points of [10, 20, 30, 40]) await adjust(points);
    expect(await verifyChain(shop.id, customer.id)).toEqual({ outcome: "unbroken", entriesCount: 4 });
    await tamper(sql, [shop.id]);
    expect(await verifyChain(shop.id, customer.id)).toEqual(expected);
  });

  it("cannot be changed by the app itself", async () => {
    const { shop, adjust } = await member();
    await adjust(10);
    await expect(prisma.pointsEntry.updateMany({ where: { shopId: shop.id }, data: { points: 99 } })).rejects.toThrow(/append-only/);
    await expect(prisma.pointsEntry.deleteMany({ where: { shopId: shop.id } })).rejects.toThrow(/append-only/);
  });

  it("lets a note go only for its own digest, and nothing else with it", async () => {
    const { shop, customer, adjust } = await member();
    await adjust(10);
    const erase = (more: string) => prisma.$executeRawUnsafe(`UPDATE "PointsEntry" SET "note" = NULL, "noteSalt" = NULL, ${more} WHERE "shopId" = ${shop.id}`);
    const digest = `"noteDigest" = points_note_digest("note", "noteSalt")`;
    await expect(erase(`"noteDigest" = NULL`)).rejects.toThrow(/append-only/);
    await expect(erase(`"noteDigest" = points_note_digest('gift', "noteSalt")`)).rejects.toThrow(/append-only/);
    await expect(erase(`${digest}, "points" = 99`)).rejects.toThrow(/append-only/);
    expect(await erase(digest)).toBe(1);
    await expect(prisma.pointsEntry.updateMany({ where: { shopId: shop.id }, data: { note: "gift" } })).rejects.toThrow(/append-only/);
    expect(await verifyChain(shop.id, customer.id)).toMatchObject({ outcome: "unbroken" });
  });

  it("holds for entries of the time when the note itself was chained, and goes on after them", async () => {
    const { shop, customer, adjust } = await member();
    await adjust(10);
    await tamper(
      `WITH old AS (
        UPDATE "PointsEntry" SET "noteSalt" = NULL, "hash" = points_entry_hash(NULL, "shopId", "id", "customerId", "seq", "kind"::text, "points", "balanceAfter",
          "reasonKey", to_jsonb("note"), "orderGid", "issuanceId", "returnsEntryId", "occurredAt", "recordedAt") WHERE "shopId" = $1 RETURNING "hash")
      UPDATE "PointsAccount" SET "lastHash" = (SELECT "hash" FROM old) WHERE "shopId" = $1`, [shop.id]);
    await adjust(20);
    expect(await verifyChain(shop.id, customer.id)).toEqual({ outcome: "unbroken", entriesCount: 2 });
    await tamper(`UPDATE "PointsEntry" SET "note" = 'gift' WHERE "shopId" = $1 AND "seq" = 1`, [shop.id]);
    expect(await verifyChain(shop.id, customer.id)).toEqual({ outcome: "broken", seq: 1 });
  });
});

describe("a statement", () => {
  it("is read newest first, page by page, and back", async () => {
    const { shop, customer } = await member();
    for (let points = 1; points <= 5; points++) await givePoints(shop.id, customer.id, points);
    const page = (search: string) => listStatement(shop.id, customer.id, readPosition(new URLSearchParams(search), 1), 2);
    const points = ({ rows }: Awaited<ReturnType<typeof page>>) => rows.map((row) => row.points);

    const first = await page("");
    const second = await page(`after=${first.next}`);
    const third = await page(`after=${second.next}`);
    expect([points(first), points(second), points(third)]).toEqual([[5, 4], [3, 2], [1]]);
    expect([first.previous, third.next]).toEqual([null, null]);
    expect(points(await page(`before=${third.previous}`))).toEqual([3, 2]);
    expect(points(await page("after=nonsense"))).toEqual([5, 4]);
  });

  it("of another shop's customer is empty", async () => {
    const [one, other] = [await member(), await member()];
    await one.adjust(10);
    expect((await listStatement(other.shop.id, one.customer.id, null)).rows).toEqual([]);
  });
});
