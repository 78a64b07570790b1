/** A till's lock ends in the very moment in which an order takes the coupon: it ends once, and the award's tally counts what holds. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { endLocks } from "#app/domain/coupons/end-locks.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { recordOrder } from "#app/domain/orders/record.server.ts";
import { inTransaction, pool, prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { givePoints, newAward, newCustomer, newShop, NOON, oneLine } from "#test/factories.ts";
import { somebodyWaits } from "#test/somebody-waits.ts";
import { ending, minutesAfter, till } from "#test/till.ts";

/** A customer has two coupons, both locked by a till for five minutes, and orders with the first. */
async function twoAtTheTill() {
  const shop = await newShop();
  const award = await newAward(shop.id, { codes: 3 });
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 200);
  const issue = async (requestKey: string) => {
    const issued = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey, channel: "api" }, NOON);
    if (issued.outcome !== "issued") throw new Error(issued.outcome);
    return issued;
  };
  const [first, second] = [await issue("first"), await issue("second")];
  const calls = till(shop.id, award.number);
  for (const [{ code }, reference] of [[first, "till-1"], [second, "till-2"]] as const) expect(ending(await calls.lock([code], { reference, customerId: customer.id, minutes: 5 }))).toBe("locked");
  const facts = {
    gid: gid("Order", 1), name: "#1", customer: { gid: customer.gid as Gid<"Customer"> }, currency: "EUR", lines: oneLine(5000), totalMinor: 5000, discountMinor: 500,
    taxesIncluded: false, test: false, channel: "web", processedAt: NOON, updatedAt: NOON, codes: [{ code: first.code, discountMinor: 500 }],
  };
  return {
    ...calls, shop, customer, second,
    tally: () => prisma.awardTally.findFirstOrThrow({ where: { shopId: shop.id }, select: { used: true, locked: true } }),
    /** Does `meanwhile` while the order has looked at the coupon and not yet written what became of it. */
    async during<T>(meanwhile: () => Promise<T>): Promise<T> {
      const holder = await pool.connect();
      await holder.query("BEGIN");
      await holder.query(`SELECT 1 FROM "Issuance" WHERE "shopId" = $1 AND "id" = $2 FOR UPDATE`, [shop.id, first.issuanceId]);
      const ordering = inTransaction((tx) => recordOrder(tx, shop.id, facts, NOON));
      await somebodyWaits();
      const done = meanwhile();
      // Time for it to be done, or to wait.
      await Promise.race([done, pause(300)]);
      await holder.query("COMMIT");
      holder.release();
      expect(await ordering).toEqual({ outcome: "recorded" });
      return done;
    },
  };
}

it("the till lets go: its other lock still counts, and can be burned", async () => {
  const { customer, second, during, release, burn, burnLock, tally } = await twoAtTheTill();
  expect(ending(await during(() => release("till-1")))).toBe("lock_burned");
  expect(await tally()).toEqual({ used: 1, locked: 1 });
  expect(ending(await burn([second.code], { customerId: customer.id }))).toBe("locked_by_another");
  expect(ending(await burnLock("till-2"))).toBe("burned");
  expect(await tally()).toEqual({ used: 2, locked: 0 });
});

it("its time is up and the sweep comes by: the other lock is ended by the next one, once", async () => {
  const { shop, during, tally } = await twoAtTheTill();
  const over = minutesAfter(5);
  await during(() => endLocks(over));
  await endLocks(over);
  expect(await tally()).toEqual({ used: 1, locked: 0 });
  expect(await prisma.couponLock.count({ where: { shopId: shop.id, status: "held" } })).toBe(0);
});
