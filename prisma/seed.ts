/**
 * Fills the demo shop as a year of business would: the store gets products, people and orders, the app hears of the orders by
 * webhook, is installed by opening it, and its awards and coupons are made by the same functions a merchant's click calls.
 * A second run adds nothing. Needs the store, the app and the worker to be up.
 */
import { z } from "zod";
import { API_SCOPE_NAMES } from "../app/contract/api/scopes";
import { createAward } from "../app/domain/awards/create.server";
import { setAwardStatus } from "../app/domain/awards/set-status.server";
import { issueCoupon } from "../app/domain/coupons/issue.server";
import { rememberCustomer } from "../app/domain/customers/remember.server";
import { createKey } from "../app/domain/keys/create.server";
import { listKeys } from "../app/domain/keys/queries.server";
import { revokeKey } from "../app/domain/keys/revoke.server";
import { findShop } from "../app/domain/shops/queries.server";
import { closeDatabase, prisma } from "../app/lib/db.server";
import { gid, gidTail } from "../app/lib/gid";
import { awardId } from "../app/lib/ids";
import { seedAwards, type SeedAward } from "./seed/awards";
import { PEOPLE, PRODUCTS, SHOP } from "./seed/catalogue";
import { setBirthdays, setEarning } from "./seed/earning";
import { yearOfOrders } from "./seed/history";
import { StoreClient, type StoreProduct, type NewOrder } from "./seed/store-client";

const WAIT_LIMIT_MS = 60_000;
const POLL_MS = 100;
/** The library answers 410 to what looks like a robot. */
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

const DEMO_KEY = "Demo, made at each start";

const { DEMO_SHOP, STORE_URL } = z.object({ DEMO_SHOP: z.string(), STORE_URL: z.url() }).parse(process.env);

try {
  console.error(await seed(new StoreClient(STORE_URL, DEMO_SHOP), new Date()));
  console.log(JSON.stringify(await describeShop(new Date())));
} finally {
  await closeDatabase();
}

/** Each stage is skipped when it was done before: a seed that was cut off is finished by the next run. */
async function seed(store: StoreClient, now: Date): Promise<string> {
  if (await store.isEmpty()) await fillStore(store, now);
  const { products, customers, ordersCount } = await store.contents();
  const shopId = (await findShop(DEMO_SHOP))?.id ?? (await install(store));
  const known = await prisma.order.count({ where: { shopId } });
  if (ordersCount > 0 && known === 0) throw new Error("The store’s orders are unknown to the database: they are not of one run. Start over with: npm run demo -- --reset");
  if (ordersCount > 0 && (await prisma.redemption.count({ where: { shopId } })) > 0) return "The shop was there already";

  // Before the year of orders, which earn by the rules of their days.
  await setEarning(shopId, products, new Date(now.getTime() - 400 * 86_400_000));
  if (ordersCount === 0) await store.placeOrders(yearOfOrders(products, customers.map(({ id }) => id), now));
  const [awards] = await Promise.all([makeAwards(shopId, now), untilWorked("the year’s orders")]);
  await setBirthdays(shopId, SHOP.timeZone, now);
  const redeemed = await buyCoupons(shopId, awards, products, store, now);
  return `Seeded ${products.length} products, ${customers.length} customers, a year of orders, ${awards.length} awards, ${redeemed} redemptions`;
}

/** What a script wants to know of the shop, as one line: two customers, one with the most points to spend and one without any; the awards; a key pair. */
async function describeShop(now: Date) {
  const shop = await findShop(DEMO_SHOP);
  if (!shop) throw new Error("the shop was not installed");
  const [regular] = await prisma.pointsAccount.findMany({ where: { shopId: shop.id }, orderBy: [{ balance: "desc" }, { customerId: "asc" }], take: 1 });
  const known = regular && (await prisma.customer.findUnique({ where: { shopId_id: { shopId: shop.id, id: regular.customerId } }, select: { gid: true } }));
  const newcomer = (await new StoreClient(STORE_URL, DEMO_SHOP).contents()).customers.at(-1);
  if (newcomer) await rememberCustomer(prisma, shop.id, { gid: gid("Customer", gidTail(newcomer.id)) });
  const awards = await prisma.award.findMany({ where: { shopId: shop.id }, orderBy: { number: "asc" }, take: 50, select: { number: true, name: true, pointsPrice: true, status: true, appliedBy: true } });
  const person = (id: string, points: number) => ({ id, customerId: gidTail(id), points });
  return {
    api: await makeKey(shop.id, now),
    customers: [...(known ? [person(known.gid, regular.balance - regular.held)] : []), ...(newcomer ? [person(newcomer.id, 0)] : [])],
    awards: awards.map(({ number, ...award }) => ({ id: awardId(number), ruleId: number, ...award })),
  };
}

/** A secret is told once, so each start makes a pair of its own; the one of the start before is revoked. */
async function makeKey(shopId: number, now: Date): Promise<{ apikey: string; secretkey: string }> {
  for (const { id, name } of await listKeys(shopId)) if (name === DEMO_KEY) await revokeKey(shopId, id, now);
  const made = await createKey(shopId, { name: DEMO_KEY, scopes: API_SCOPE_NAMES }, now);
  if (made.outcome !== "created") throw new Error("The demo shop has too many API keys: revoke one in its settings.");
  return { apikey: made.key, secretkey: made.secret };
}

async function fillStore(store: StoreClient, now: Date): Promise<void> {
  await store.configure(SHOP);
  const yearAgo = new Date(now.getTime() - 366 * 86_400_000).toISOString();
  await store.addCustomers(PEOPLE.map((person) => ({ ...person, createdAt: yearAgo })));
  await store.addProducts(PRODUCTS);
}

/** Opens the app as a merchant's browser would: the ID token in its address is exchanged, the shop installed. */
async function install(store: StoreClient): Promise<number> {
  const response = await fetch(await store.frameAddress(), { headers: { "user-agent": USER_AGENT } });
  const shop = await findShop(DEMO_SHOP);
  if (!shop) throw new Error(`Opening the app did not install it: it answered ${response.status}\n${(await response.text()).slice(0, 500)}`);
  return shop.id;
}

async function makeAwards(shopId: number, now: Date): Promise<(SeedAward & { number: number })[]> {
  const made: (SeedAward & { number: number })[] = [];
  for (const award of await seedAwards(now)) {
    const result = await createAward(shopId, award.draft, award.source, now, award.key);
    if (result.outcome === "refused") throw new Error(`the award ${award.draft.name} was refused: ${JSON.stringify(result.problems)}`);
    made.push({ ...award, number: result.awardNumber });
  }
  await until("the codes to be live on the store", async () => {
    const waiting = await prisma.coupon.count({ where: { shopId, codeState: { in: ["planned", "submitted"] } } });
    return waiting === 0 && (await prisma.coupon.count({ where: { shopId, codeState: "live" } })) > 0;
  });
  for (const { number, inactive } of made) if (inactive) await setAwardStatus(shopId, number, "inactive", now);
  return made;
}

/** The customers with most points buy coupons and use all but the last one of each award. Returns how many were used. */
async function buyCoupons(shopId: number, awards: (SeedAward & { number: number })[], products: StoreProduct[], store: StoreClient, now: Date): Promise<number> {
  const richest = await prisma.pointsAccount.findMany({ where: { shopId }, orderBy: [{ balance: "desc" }, { customerId: "asc" }], take: 20 });
  const customers = await prisma.customer.findMany({ where: { shopId, id: { in: richest.map(({ customerId }) => customerId) } }, select: { id: true, gid: true } });
  const gids = new Map(customers.map(({ id, gid }) => [id, gid]));
  const kettle = products.find(({ title }) => title === "Gooseneck kettle")?.variants[0];
  const orders: NewOrder[] = [];
  let next = 1; // the richest of all buys nothing: somebody to try the checkout with
  for (const award of awards) {
    for (let bought = 0; bought < award.bought; bought++) {
      const customerId = richest[next++ % richest.length]?.customerId;
      if (customerId === undefined || !kettle) continue;
      const issuing = await issueCoupon(shopId, { customerId, awardNumber: award.number, requestKey: `${award.key}-${bought}`, channel: "admin" }, now);
      if (issuing.outcome !== "issued" || bought === award.bought - 1) continue;
      orders.push({ customerGid: gids.get(customerId) ?? null, lines: [{ variantGid: kettle.id, quantity: 1 }], discountCodes: [issuing.code] });
    }
  }
  await store.placeOrders(orders);
  await until("the coupons to be redeemed", async () => (await prisma.redemption.count({ where: { shopId } })) >= orders.length);
  return orders.length;
}

/** Until every webhook that arrived was worked, and no more arrive. */
async function untilWorked(what: string): Promise<void> {
  let last = -1;
  await until(what, async () => {
    const [received, waiting] = await Promise.all([
      prisma.inboxEvent.count({ where: { shopDomain: DEMO_SHOP } }),
      prisma.inboxEvent.count({ where: { shopDomain: DEMO_SHOP, status: "received" } }),
    ]);
    const quiet = received >= 400 && waiting === 0 && received === last;
    last = received;
    return quiet;
  });
}

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + WAIT_LIMIT_MS; Date.now() < limit; ) {
    if (await isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited ${WAIT_LIMIT_MS / 1000} s in vain for ${what}`);
}
