/** What time brings is swept up for all shops by one job: a fault in one shop, or in one step, must not keep the others from theirs. */
import { randomUUID } from "node:crypto";
import type { JobHelpers } from "graphile-worker";
import { expect, it } from "vitest";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { setBirthday } from "#app/domain/customers/set-birthday.server.ts";
import { earnFromOrders } from "#app/domain/points/earn-from-orders.server.ts";
import { findBalance } from "#app/domain/points/queries.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { taskList } from "#app/tasks.ts";
import { givePoints, newAward, newCustomer, newShop, NOON } from "#test/factories.ts";

const DAY = 86_400_000;
const LATER = new Date(NOON.getTime() + 2 * DAY);

const sweep = async (now: Date) => taskList({ clock: () => now, mailer: null }).sweep?.({}, {} as JobHelpers);

/** A shop whose points wait a day and lapse after a month, and a customer who has 40 of an order to come and is born on 22 November. */
async function waitingShop() {
  const shop = await newShop();
  await prisma.shop.update({ where: { id: shop.id }, data: { pendingDays: 1, expiryMonths: 1, birthdayPoints: 5 } });
  const customer = await newCustomer(shop.id);
  await setBirthday(prisma, shop.id, customer.id, { month: 11, day: 22 });
  await inTransaction((tx) => earnFromOrders(tx, shop.id, [{ customerId: customer.id, orderGid: gid("Order", 1), points: 40, note: "Order #1", occurredAt: NOON }], NOON));
  return { id: shop.id, customerId: customer.id, balance: async (now: Date) => (await findBalance(shop.id, customer.id, now)).balance };
}

it("a shop in a time zone that nobody knows yet keeps no other shop from its points", async () => {
  const [first, second] = [await waitingShop(), await waitingShop()];
  await prisma.shop.update({ where: { id: first.id }, data: { timeZone: "Antarctica/Newtown" } });

  await sweep(LATER);
  expect(await second.balance(LATER)).toBe(45);

  // Nothing of the first is lost: it is met again on the next run.
  await prisma.shop.update({ where: { id: first.id }, data: { timeZone: "Europe/Berlin" } });
  await sweep(LATER);
  expect(await first.balance(LATER)).toBe(45);
  expect(await second.balance(LATER)).toBe(45);
});

it("a step that fails as a whole keeps none behind it from its turn, and the job says so", async () => {
  const shop = await newShop();
  const award = await newAward(shop.id);
  const customer = await newCustomer(shop.id);
  await givePoints(shop.id, customer.id, 100);
  const issued = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: randomUUID(), channel: "checkout" }, NOON);
  if (issued.outcome !== "issued") throw new Error(issued.outcome);
  await returnCoupon(shop.id, { issuanceId: issued.issuanceId, customerId: customer.id }, NOON);
  await prisma.$executeRaw`DELETE FROM graphile_worker._private_jobs`;

  // Collections are kept just before pushes are woken.
  await prisma.$executeRaw`ALTER TABLE "EarnCollection" RENAME TO "EarnCollectionElsewhere"`;
  try {
    await expect(sweep(LATER)).rejects.toThrow("keepCollections");
  } finally {
    await prisma.$executeRaw`ALTER TABLE "EarnCollectionElsewhere" RENAME TO "EarnCollection"`;
  }
  const woken = await prisma.$queryRaw<{ task: string }[]>`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${`push:${shop.id}`}`;
  expect(woken).toEqual([{ task: "push_changes" }]);
});
