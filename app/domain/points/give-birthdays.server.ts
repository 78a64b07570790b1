/** Customers are given points on their birthday, by the shop's calendar. */
import { inTransaction, prisma } from "../../lib/db.server";
import { sweepEach } from "../../lib/sweep.server";
import { celebratedDays, type CelebratedDay } from "../customers/birthday";
import { postEntries } from "./post-entries.server";

const SHOPS_AT_ONCE = 200;
const SHOP_PAGES = 1_000;
const CUSTOMERS_AT_ONCE = 200;
const CUSTOMER_PAGES = 50;
/** A birthday that was missed, because nothing ran, is made up for so many days later at most. */
const LATE_DAYS = 2;
/** Whoever changes their date is not given twice: so much time lies between two gifts at least. */
const BETWEEN_MS = 300 * 86_400_000;

interface GivingShop {
  id: number;
  timeZone: string;
  birthdayPoints: number;
}

/** Gives what is due, once a year and customer however many run; how many were given. Bounded: what is left over is found by the next run. */
export async function giveBirthdays(now: Date): Promise<number> {
  let given = 0;
  let after = 0;
  for (let page = 0; page < SHOP_PAGES; page++) {
    const shops = await prisma.shop.findMany({
      where: { id: { gt: after }, uninstalledAt: null, birthdayPoints: { gt: 0 } }, orderBy: { id: "asc" }, take: SHOPS_AT_ONCE, select: { id: true, timeZone: true, birthdayPoints: true },
    });
    given += await sweepEach(shops.map((shop) => ({ ...shop, shopId: shop.id })), "giving points on birthdays", (shop) => giveIn(shop, now));
    after = shops.at(-1)?.id ?? after;
    if (shops.length < SHOPS_AT_ONCE) break;
  }
  return given;
}

async function giveIn(shop: GivingShop, now: Date): Promise<number> {
  const days = celebratedDays(now, shop.timeZone, LATE_DAYS);
  let given = 0;
  for (let page = 0; page < CUSTOMER_PAGES; page++) {
    const due = await findDue(shop.id, days, now);
    const outcomes = await inTransaction((tx) => postEntries(tx, shop.id, due.map((customer) => entryOf(customer, shop.birthdayPoints, now)), now));
    const posted = outcomes.filter((outcome) => outcome === "posted").length;
    given += posted;
    // Somebody else gave them meanwhile, or a balance is full: looking again would find the same ones.
    if (due.length < CUSTOMERS_AT_ONCE || posted === 0) break;
  }
  return given;
}

interface Celebrant {
  customerId: bigint;
  year: number;
}

function entryOf({ customerId, year }: Celebrant, points: number, now: Date) {
  return { customerId, kind: "earned" as const, points, reasonKey: `birthday:${customerId}:${year}`, note: "Birthday", occurredAt: now };
}

/** Customers whose birthday is one of these days and who were given nothing for it, nor for another one of late; in the order their accounts are locked. */
function findDue(shopId: number, days: CelebratedDay[], now: Date): Promise<Celebrant[]> {
  return prisma.$queryRaw<Celebrant[]>`
    SELECT k."id" AS "customerId", d."year" FROM unnest(${days.map(({ year }) => year)}::int[], ${days.map(({ month }) => month)}::int[], ${days.map(({ day }) => day)}::int[]) AS d("year", "month", "day")
    JOIN "Customer" k ON k."shopId" = ${shopId} AND k."birthMonth" = d."month" AND k."birthDay" = d."day" AND k."erasedAt" IS NULL AND k."mergedIntoId" IS NULL
    WHERE NOT EXISTS (
      -- Whoever was merged into them was the same person.
      SELECT 1 FROM (SELECT k."id" UNION ALL SELECT m."id" FROM "Customer" m WHERE m."shopId" = k."shopId" AND m."mergedIntoId" = k."id") one("id")
      JOIN "PointsEntry" e ON e."shopId" = k."shopId"
        AND e."reasonKey" IN ('birthday:' || one."id" || ':' || d."year", 'birthday:' || one."id" || ':' || d."year" - 1, 'birthday:' || one."id" || ':' || d."year" + 1)
      WHERE e."reasonKey" = 'birthday:' || one."id" || ':' || d."year" OR e."occurredAt" > ${new Date(now.getTime() - BETWEEN_MS)}::timestamptz)
    ORDER BY k."id" LIMIT ${CUSTOMERS_AT_ONCE}`;
}
