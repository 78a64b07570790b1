/** The local store merges two customers, and the shop's loyalty goes on as if they had always been one. */
import { afterEach, expect, it } from "vitest";
import { verifyChain } from "#app/domain/points/verify.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
afterEach(() => world.close());

it("orders of both, told before, after and between, end on one account; what Shopify repeats or shuffles changes nothing", async () => {
  world = await openWorld({ store: { seed: 11 } });
  const { shop, shopId } = world;
  const tote = shop.addProduct({ title: "Canvas tote", price: "40.00" }).variants[0]?.gid ?? "";
  const [home, work] = [shop.addCustomer({ firstName: "Amira", email: "amira@home.example" }), shop.addCustomer({ firstName: "Amira", email: "amira@work.example" })];
  const buy = (customerGid: string) => {
    const order = shop.placeOrder({ customerGid, lines: [{ variantGid: tote, quantity: 1 }], discountCodes: [] });
    if ("refused" in order) throw new Error("refused");
    return order;
  };
  buy(home.gid);
  const early = buy(work.gid);
  await world.settle();
  // All of this is told at once, in any order, some of it twice.
  shop.webhooks.turn({ duplicate: 0.5, reorder: true });
  buy(work.gid);
  shop.mergeCustomers(home.gid, work.gid);
  shop.refundOrder(early.gid, { full: true });
  buy(home.gid);
  await world.settle();

  const kept = await prisma.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: home.gid } } });
  const gone = await prisma.customer.findUniqueOrThrow({ where: { shopId_gid: { shopId, gid: work.gid } } });
  expect(gone.mergedIntoId).toBe(kept.id);
  const [account, other] = await Promise.all([kept, gone].map(({ id }) => prisma.pointsAccount.findUnique({ where: { shopId_customerId: { shopId, customerId: id } } })));
  // Four orders of 40.00, one of them undone: a point for each unit of the goods, less the tax in them.
  const orders = await prisma.order.findMany({ where: { shopId } });
  expect(orders).toHaveLength(4);
  expect(orders.every(({ customerId }) => customerId === kept.id)).toBe(true);
  expect(account?.balance).toBe(3 * Math.floor(Number(orders[0]?.earningMinor ?? 0) / 100));
  expect(account?.balance).toBeGreaterThan(0);
  expect(other?.balance ?? 0).toBe(0);
  for (const { id } of [kept, gone]) expect(await verifyChain(shopId, id)).toMatchObject({ outcome: "unbroken" });
}, 60_000);
