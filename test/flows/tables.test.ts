/** What holds for every table, whichever a later migration brings. */
import { expect, it } from "vitest";
import { prisma } from "#app/lib/db.server.ts";

it("keeps no statistics of whose a row is: the plan of a query is the same for a shop that came after the last look at the table", async () => {
  const tables = await prisma.$queryRaw<{ name: string; target: number | null }[]>`
    SELECT c."relname"::text AS "name", a."attstattarget"::int AS "target" FROM pg_attribute a JOIN pg_class c ON c."oid" = a."attrelid"
    WHERE a."attname" = 'shopId' AND c."relkind" = 'r' AND c."relnamespace" = current_schema()::regnamespace`;
  expect(tables.length).toBeGreaterThan(20);
  expect(tables.filter(({ target }) => target !== 0), 'ALTER COLUMN "shopId" SET STATISTICS 0 in its migration').toEqual([]);
});

it("has each function in one form, and an order's uses are read and recorded by what every caller gives", async () => {
  const functions = await prisma.$queryRaw<{ name: string; takes: string }[]>`
    SELECT p."proname"::text AS "name", pg_get_function_identity_arguments(p."oid") AS "takes" FROM pg_proc p
    WHERE p."pronamespace" = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d."objid" = p."oid" AND d."deptype" = 'e')`;
  const names = functions.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(functions.filter(({ name }) => name.endsWith("_order_uses")).map(({ name, takes }) => `${name}(${takes})`).sort()).toEqual([
    "read_order_uses(p_shop integer, p_uses jsonb, p_now timestamp with time zone)",
    "record_order_uses(p_shop integer, p_uses jsonb, p_coupons jsonb, p_now timestamp with time zone)",
  ]);
});

/** The tenant itself, and what belongs to the Shopify library and to Prisma. */
const NOBODYS = ["Shop", "Session", "_prisma_migrations"];

it("belongs to a shop from its first column on, and nothing is unique beyond a shop but the API key that names one", async () => {
  const tables = await prisma.$queryRaw<{ table: string; first: string }[]>`
    SELECT "table_name"::text AS "table", "column_name"::text AS "first" FROM information_schema.columns WHERE "table_schema" = 'public' AND "ordinal_position" = 1 AND "table_name" <> ALL(${NOBODYS}::text[])`;
  expect(tables.length).toBeGreaterThan(20);
  expect(tables.filter(({ first }) => first !== "shopId" && first !== "shopDomain")).toEqual([]);
  expect((await uniqueKeys()).filter((key) => !NOBODYS.includes(key.split(" ")[0] ?? "") && !/^\w+ \("shop(Id|Domain)"/.test(key))).toEqual(["ApiKey (key)"]);
});

/** What two transactions that do not see each other cannot both do, whatever the code above asks first. */
const HAPPENS_ONCE = {
  "an entry for each reason": `PointsEntry ("shopId", "reasonKey")`,
  "an entry for each place in its chain": `PointsEntry ("shopId", "customerId", seq)`,
  "a hold for each request": `PointsHold ("shopId", "requestKey")`,
  "a coupon for each request": `Issuance ("shopId", "requestKey")`,
  "a hold pays for one coupon": `Issuance ("shopId", "holdId") WHERE ("holdId" IS NOT NULL)`,
  "an order uses a coupon once, but for uses that were undone": `Redemption ("shopId", "orderGid", "couponId"`,
  "a use is reversed once": `RedemptionReversal ("shopId", "redemptionId")`,
  "an order earns once": `PendingEarning ("shopId", "orderGid")`,
  "a code is one coupon": `Coupon ("shopId", code)`,
  "a discount for each award and bucket": `ParentDiscount ("shopId", "awardNumber", bucket)`,
  "a seed code finds one discount": `ParentDiscount ("shopId", "seedCode")`,
  "one change waits for each subject": `Change ("shopId", kind, subject) WHERE (status = 'pending'::"ChangeStatus")`,
  "one difference waits for each subject": `Drift ("shopId", kind, subject) WHERE (status = 'queued'::"DriftStatus")`,
  "a delivery of Shopify's is one event": `InboxEvent ("shopDomain", "webhookId")`,
  "a customer of Shopify's is one": `Customer ("shopId", gid)`,
  "one check of a ledger at a time": `LedgerCheck ("shopId") WHERE ("endedAt" IS NULL)`,
};

it.each(Object.entries(HAPPENS_ONCE))("the database itself holds: %s", async (_rule, key) => {
  const wider = (each: string) => each === key || (!key.endsWith(")") && each.startsWith(key) && !each.includes("WHERE"));
  expect((await uniqueKeys()).filter(wider)).toHaveLength(1);
});

/** Every unique key as `Table (columns) WHERE …`. */
async function uniqueKeys(): Promise<string[]> {
  const keys = await prisma.$queryRaw<{ key: string }[]>`
    SELECT t."relname"::text || ' ' || split_part(pg_get_indexdef(i."indexrelid"), ' USING btree ', 2) AS "key"
    FROM pg_index i JOIN pg_class t ON t."oid" = i."indrelid" WHERE i."indisunique" AND t."relnamespace" = current_schema()::regnamespace ORDER BY 1`;
  return keys.map(({ key }) => key);
}
