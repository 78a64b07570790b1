/** What is kept for a while goes after it, however much there is; what somebody still has to read stays. */
import type { JobHelpers } from "graphile-worker";
import { describe, expect, it } from "vitest";
import { discountProblems } from "#app/domain/awards/discount-problems.server.ts";
import { pruneChanges } from "#app/domain/changes/prune.server.ts";
import { retryFailed } from "#app/domain/changes/retry-failed.server.ts";
import type { ChangeStatus } from "#app/generated/prisma/client.ts";
import { prisma } from "#app/lib/db.server.ts";
import { taskList } from "#app/tasks.ts";
import { newAward, newShop, NOON } from "#test/factories.ts";

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(NOON.getTime() - days * DAY_MS);

async function openShop() {
  const { id: shopId } = await newShop();
  return {
    shopId,
    tell: (subject: string, status: ChangeStatus, days: number, kind = "withdraw_code") =>
      prisma.change.create({ data: { shopId, kind, subject, status, nextAttemptAt: daysAgo(days), createdAt: daysAgo(days), doneAt: status === "pending" ? null : daysAgo(days), problem: status === "failed" ? "Shopify said no" : null } }),
    subjects: async () => (await prisma.change.findMany({ where: { shopId }, orderBy: { id: "asc" }, select: { subject: true } })).map(({ subject }) => subject),
  };
}

describe("what Shopify was told", () => {
  it("is forgotten a week later, but never what it would not hear or has still to hear", async () => {
    const shop = await openShop();
    await shop.tell("told long ago", "done", 8);
    await shop.tell("told lately", "done", 6);
    await shop.tell("1", "failed", 90);
    await shop.tell("3", "pending", 90);
    // Due long ago, but it took long.
    const slow = await shop.tell("took long", "done", 30);
    await prisma.change.updateMany({ where: { shopId: shop.shopId, id: slow.id }, data: { doneAt: daysAgo(1) } });
    await taskList({ clock: () => NOON, mailer: null }).prune?.({}, {} as JobHelpers);
    expect(await shop.subjects()).toEqual(["told lately", "1", "3", "took long"]);
    expect(await retryFailed(shop.shopId, NOON)).toBe(1);
  });

  it("goes however much it is, and only this shop's old", async () => {
    const [busy, quiet] = [await openShop(), await openShop()];
    await prisma.$executeRaw`
      INSERT INTO "Change" ("shopId", "kind", "subject", "status", "nextAttemptAt", "createdAt", "doneAt")
      SELECT ${busy.shopId}, 'withdraw_code', n::text, 'done', ${daysAgo(9)}, ${daysAgo(9)}, ${daysAgo(9)} FROM generate_series(1, 10010) n`;
    await busy.tell("lately", "done", 2);
    await quiet.tell("lately too", "done", 2);
    expect(await pruneChanges(NOON)).toBeGreaterThanOrEqual(10_010);
    expect([await busy.subjects(), await quiet.subjects()]).toEqual([["lately"], ["lately too"]]);
    expect(await pruneChanges(NOON)).toBe(0);
  });

  it("stays where it alone says that a failure is past", async () => {
    const shop = await openShop();
    const { number } = await newAward(shop.shopId);
    const { id: parentId } = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: shop.shopId, awardNumber: number } });
    await prisma.change.deleteMany({ where: { shopId: shop.shopId } });
    await shop.tell(String(parentId), "failed", 60, "put_discount");
    expect(await discountProblems(shop.shopId, number)).toMatchObject([{ kind: "behind", problem: "Shopify said no" }]);
    await shop.tell(String(parentId), "done", 50, "put_discount");
    await shop.tell(String(parentId), "done", 40, "put_discount");
    await pruneChanges(NOON);
    expect(await discountProblems(shop.shopId, number)).toEqual([]);
    expect(await shop.subjects()).toHaveLength(2);
  });
});
