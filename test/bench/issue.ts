/** Giving a coupon for points: one award that everybody wants, or many; beside a simple update and a plain Prisma transaction. */
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { closeDatabase, pool, prisma } from "#app/lib/db.server.ts";
import { atLeast, atMost, figure, load, medians, percentile, type Row } from "./row";
import { benchAward, benchCustomers, benchShop } from "./shop";
import { simpleUpdate } from "./simple-update";

const CALLERS = 64;
const ISSUES = 10_000;
const PLAIN_ISSUES = 500;
const CUSTOMERS = 2_000;
const AWARDS = 50;
const ROUNDS = 3;
/** Every rule of issuing at once; each lets a customer who comes once have one. */
const EVERY_RULE = {
  audience: "listed", issuesPerCustomer: 1, usesPerCustomer: 1, issuesTotal: 1_000_000, usesTotal: 1_000_000, alertRemaining: 10, issueGapDays: 7,
  matchAgain: "existing", expiryRule: "days", expiryCount: 30, endsAt: new Date("2100-01-01T00:00:00Z"), codeSource: "uploaded",
} as const;

export async function bench(): Promise<Row[]> {
  const shop = await benchShop();
  // All of them come once to the award with every rule; the first come again and again to the others.
  const customers = await benchCustomers(shop.id, ISSUES * ROUNDS);
  const hot = await benchAward(shop.id, ISSUES * ROUNDS + 1_000);
  const plain = await benchAward(shop.id, PLAIN_ISSUES * ROUNDS + 1_000);
  const spread: number[] = [];
  for (let award = 0; award < AWARDS; award++) spread.push((await benchAward(shop.id, Math.ceil((ISSUES * ROUNDS) / AWARDS) + 100)).number);
  const ruled = await ruledAward(shop.id);
  const limit = await simpleUpdate(CALLERS);
  const times: number[] = [];
  let key = 0;

  let comers = 0;

  const issue = async (awardOf: (n: number) => number, keepTimes: boolean, customerOf = (n: number) => customers[n % CUSTOMERS] ?? 0n) => {
    const result = await load(CALLERS, ISSUES, async (n) => {
      const customerId = customerOf(n);
      const { outcome } = await issueCoupon(shop.id, { customerId, awardNumber: awardOf(n), requestKey: `bench-${key++}`, channel: "checkout" }, new Date());
      if (outcome !== "issued") throw new Error(`not issued: ${outcome}`);
    });
    if (keepTimes) times.push(...result.times);
    return result.perSecond;
  };

  const rate = await medians(ROUNDS, {
    hot: () => issue(() => hot.number, true),
    spread: () => issue((n) => spread[n % AWARDS] ?? 0, false),
    ruled: () => issue(() => ruled, false, () => customers[comers++] ?? 0n),
    simple: () => limit.measure(ISSUES),
    plain: async () => (await load(CALLERS, PLAIN_ISSUES, (n) => plainTransaction(shop.id, plain.number, customers[n % CUSTOMERS] ?? 0n))).perSecond,
  });
  await limit.close();
  await closeDatabase();
  return [
    figure(`one hot award, ${CALLERS} callers`, rate.hot, "issuances/s"),
    figure(`${AWARDS} awards, ${CALLERS} callers`, rate.spread, "issuances/s"),
    figure(`one hot award with every rule of issuing, ${CALLERS} callers`, rate.ruled, "issuances/s"),
    figure(`simple update, by ${limit.by}`, rate.simple, "transactions/s"),
    figure("the same as a plain Prisma transaction", rate.plain, "issuances/s"),
    atLeast("hot / simple update", rate.hot / rate.simple, "×", 2),
    atLeast("hot / plain Prisma transaction", rate.hot / rate.plain, "×", 50),
    atLeast("hot / spread", rate.hot / rate.spread, "×", 0.8),
    atMost("p99 of one issuance, hot", percentile(times, 0.99), "ms", 25),
  ];
}

/** An award with every rule, for everybody there is, that another one rules out for nobody. */
async function ruledAward(shopId: number): Promise<number> {
  const { number: excluded } = await benchAward(shopId, 0);
  const { number } = await benchAward(shopId, ISSUES * ROUNDS + 1_000);
  await prisma.award.update({ where: { shopId_number: { shopId, number } }, data: { ...EVERY_RULE, excludedAwards: [excluded] } });
  await pool.query(`INSERT INTO "AwardCustomer" ("shopId", "awardNumber", "customerId") SELECT "shopId", $2, "id" FROM "Customer" WHERE "shopId" = $1`, [shopId, number]);
  return number;
}

/** What most apps would write: read, check, claim, hold, issue, one await after the other in an interactive transaction. */
async function plainTransaction(shopId: number, awardNumber: number, customerId: bigint): Promise<void> {
  await prisma.$transaction(
    async (tx) => {
      const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } } });
      const points = award.pointsPrice ?? 0;
      await tx.$queryRaw`SELECT 1 FROM "PointsAccount" WHERE "shopId" = ${shopId} AND "customerId" = ${customerId} FOR UPDATE`;
      const account = await tx.pointsAccount.findUniqueOrThrow({ where: { shopId_customerId: { shopId, customerId } } });
      if (account.balance - account.held < points) throw new Error("not enough points");
      const [coupon] = await tx.$queryRaw<{ id: bigint }[]>`
        SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "awardNumber" = ${awardNumber} AND "status" = 'available'
        ORDER BY "id" LIMIT 1 FOR UPDATE SKIP LOCKED`;
      if (!coupon) throw new Error("no code is left");
      const now = new Date();
      await tx.coupon.update({ where: { shopId_id: { shopId, id: coupon.id } }, data: { status: "issued", customerId, issuedAt: now } });
      await tx.pointsAccount.update({ where: { shopId_customerId: { shopId, customerId } }, data: { held: { increment: points } } });
      const hold = await tx.pointsHold.create({ data: { shopId, customerId, points, heldAt: now, endsAt: new Date(now.getTime() + 3_600_000) } });
      await tx.issuance.create({
        data: { shopId, awardNumber, couponId: coupon.id, customerId, holdId: hold.id, points, requestKey: `plain-${coupon.id}`, channel: "checkout", issuedAt: now },
      });
    },
    { maxWait: 60_000, timeout: 60_000 },
  );
}
