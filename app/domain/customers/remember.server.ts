/** A customer becomes known to us: by an order, by signing up, by opening the checkout, by a merchant's import. */
import { Prisma, type Customer } from "../../generated/prisma/client";
import type { prisma, Tx } from "../../lib/db.server";
import type { Gid } from "../../lib/gid";
import { parseEmail, parsePhone } from "./identifier";

export interface CustomerFacts {
  gid: Gid<"Customer">;
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
  /** Since when Shopify knows the customer. */
  registeredAt?: Date | null;
  /** How many orders Shopify says they have placed. */
  ordersCount?: number | null;
  /** Of when these facts are. Older than what we have: they fill gaps only. Not given: they are new. */
  updatedAt?: Date | null;
}

/** The customer's row, made if absent; of one who was merged, the row of who stayed. A field that is not known (undefined or null) leaves what we had. */
export async function rememberCustomer(db: Tx | typeof prisma, shopId: number, facts: CustomerFacts): Promise<Customer> {
  const [customer] = await rememberCustomers(db, shopId, [facts]);
  if (!customer) throw new Error("a customer was not remembered");
  return customer;
}

/** The rows of these customers in their order, as if they were remembered one after another; rows are locked in the order of their gids. */
export async function rememberCustomers(db: Tx | typeof prisma, shopId: number, facts: CustomerFacts[]): Promise<Customer[]> {
  const found: Customer[] = [];
  // One statement cannot touch a row twice: whoever comes a second time waits for the next.
  for (let waiting = [...facts.entries()]; waiting.length > 0; ) {
    const first = new Map(waiting.toReversed().map(([index, one]) => [one.gid, index]));
    const told = waiting.filter(([index, { gid }]) => first.get(gid) === index);
    const rows = new Map((await rememberEachOnce(db, shopId, told.map(([, one]) => one))).map((customer) => [customer.gid, customer]));
    for (const [index, { gid }] of told) {
      const customer = rows.get(gid);
      if (customer) found[index] = customer;
    }
    waiting = waiting.filter(([index, { gid }]) => first.get(gid) !== index);
  }
  return followMerges(db, shopId, found);
}

/** News of a customer who was merged is about the one who stayed; Shopify sends it for a while. */
async function followMerges(db: Tx | typeof prisma, shopId: number, found: Customer[]): Promise<Customer[]> {
  const ids = found.flatMap(({ mergedIntoId }) => mergedIntoId ?? []);
  if (ids.length === 0) return found;
  const kept = new Map((await db.customer.findMany({ where: { shopId, id: { in: ids } } })).map((customer) => [customer.id, customer]));
  return found.map((customer) => (customer.mergedIntoId === null ? customer : (kept.get(customer.mergedIntoId) ?? customer)));
}

const isNews = Prisma.sql`coalesce(EXCLUDED."sourceUpdatedAt" >= k."sourceUpdatedAt", true)`;

function newest(column: string): Prisma.Sql {
  const [told, known] = [Prisma.raw(`EXCLUDED."${column}"`), Prisma.raw(`k."${column}"`)];
  return Prisma.sql`CASE WHEN ${isNews} THEN coalesce(${told}, ${known}) ELSE coalesce(${known}, ${told}) END`;
}

async function rememberEachOnce(db: Tx | typeof prisma, shopId: number, facts: CustomerFacts[]): Promise<Customer[]> {
  const rows = facts.map(({ gid, firstName, lastName, email, phone, registeredAt, ordersCount, updatedAt }) => ({
    gid, firstName, lastName, registeredAt, ordersCount, updatedAt,
    // An address or a number that cannot be read in our spelling is kept as it came, for people to read.
    email: email == null ? null : (parseEmail(email) ?? email),
    phone: phone == null ? null : (parsePhone(phone) ?? phone),
  }));
  // One statement: of two first presses at once the second finds the row of the first.
  return db.$queryRaw<Customer[]>`
    INSERT INTO "Customer" AS k ("shopId", "gid", "firstName", "lastName", "email", "phone", "registeredAt", "ordersCount", "sourceUpdatedAt", "updatedAt")
    SELECT ${shopId}::int, f."gid", f."firstName", f."lastName", f."email", f."phone", f."registeredAt", coalesce(f."ordersCount", 0), f."updatedAt", CURRENT_TIMESTAMP
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS f("gid" text, "firstName" text, "lastName" text, "email" text, "phone" text,
      "registeredAt" timestamptz, "ordersCount" int, "updatedAt" timestamptz)
    ORDER BY f."gid"
    ON CONFLICT ("shopId", "gid") DO UPDATE SET
      "firstName" = ${newest("firstName")}, "lastName" = ${newest("lastName")}, "email" = ${newest("email")}, "phone" = ${newest("phone")},
      "registeredAt" = coalesce(k."registeredAt", EXCLUDED."registeredAt"),
      -- Orders are only ever added: the higher count is the newer one.
      "ordersCount" = greatest(k."ordersCount", EXCLUDED."ordersCount"),
      "sourceUpdatedAt" = greatest(k."sourceUpdatedAt", EXCLUDED."sourceUpdatedAt"), "updatedAt" = CURRENT_TIMESTAMP
    RETURNING *`;
}
