/** The main job with everything real but the browser: an award becomes a discount, points become a code, an order proves it. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints } from "#test/factories.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

it("turns points into a discount on a real order, once, even if Shopify tells of it twice", async () => {
  const { shop, shopId } = world;
  await createAward(shopId, draftOf(), { source: "generated", stockTarget: 5 }, world.now());
  await world.settle();

  const person = shop.addCustomer({ firstName: "Amira", lastName: "Okafor", email: "amira@example.com" });
  const customer = await rememberCustomer(prisma, shopId, { gid: person.gid, firstName: "Amira", lastName: "Okafor", email: "amira@example.com" });
  await givePoints(shopId, customer.id, 250, world.now());
  const issued = await issueCoupon(shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);

  const product = shop.addProduct({ title: "Mug", price: "20.00" });
  const lines = [{ variantGid: product.variants[0]?.gid ?? "", quantity: 1 }];
  shop.webhooks.turn({ duplicateNext: 10 });
  const order = shop.placeOrder({ customerGid: person.gid, lines, discountCodes: [issued.code] });
  expect(order).not.toHaveProperty("refused");
  await world.settle();

  const redemptions = await prisma.redemption.findMany({ where: { shopId } });
  expect(redemptions).toMatchObject([{ customerId: customer.id, discountMinor: 500n, flags: [] }]);
  const account = await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId: customer.id } } });
  // 250 given, 100 spent; the 15.00 paid hold 19 % tax, and the 12.60 without it earn 12.
  expect(account).toMatchObject({ balance: 162, held: 0 });
});

it("gives the points of an abandoned checkout back, once its code is off Shopify", async () => {
  const { shop, shopId } = world;
  await createAward(shopId, draftOf(), { source: "generated", stockTarget: 5 }, world.now());
  await world.settle();
  const person = shop.addCustomer({ firstName: "Amira" });
  const customer = await rememberCustomer(prisma, shopId, { gid: person.gid, firstName: "Amira", lastName: null, email: null });
  await givePoints(shopId, customer.id, 100, world.now());
  const issued = await issueCoupon(shopId, { customerId: customer.id, awardNumber: 1, requestKey: "one", channel: "checkout" }, world.now());
  if (issued.outcome !== "issued") throw new Error(issued.outcome);

  await world.advance(3 * 60 * 60_000);
  await world.sweep();
  await world.settle();
  expect(shop.findCode(issued.code)).toBeFalsy();
  const account = await prisma.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId: customer.id } } });
  expect(account).toMatchObject({ balance: 100, held: 0 });
});
