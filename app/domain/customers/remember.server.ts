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

/** The customer's row, made if absent. A field that is not known (undefined or null) leaves what we had. */
export async function rememberCustomer(db: Tx | typeof prisma, shopId: number, facts: CustomerFacts): Promise<Customer> {
  const { gid, firstName = null, lastName = null, registeredAt = null, ordersCount = null, updatedAt = null } = facts;
  // An address or a number that cannot be read in our spelling is kept as it came, for people to read.
  const email = facts.email == null ? null : (parseEmail(facts.email) ?? facts.email);
  const phone = facts.phone == null ? null : (parsePhone(facts.phone) ?? facts.phone);

  const isNews = Prisma.sql`coalesce(EXCLUDED."sourceUpdatedAt" >= k."sourceUpdatedAt", true)`;
  const newest = (column: string) => {
    const [told, known] = [Prisma.raw(`EXCLUDED."${column}"`), Prisma.raw(`k."${column}"`)];
    return Prisma.sql`CASE WHEN ${isNews} THEN coalesce(${told}, ${known}) ELSE coalesce(${known}, ${told}) END`;
  };
  // One statement: of two first presses at once the second finds the row of the first.
  const [customer] = await db.$queryRaw<Customer[]>`
    INSERT INTO "Customer" AS k ("shopId", "gid", "firstName", "lastName", "email", "phone", "registeredAt", "ordersCount", "sourceUpdatedAt", "updatedAt")
    VALUES (${shopId}::int, ${gid}, ${firstName}, ${lastName}, ${email}, ${phone}, ${registeredAt}::timestamptz, coalesce(${ordersCount}::int, 0),
      ${updatedAt}::timestamptz, CURRENT_TIMESTAMP)
    ON CONFLICT ("shopId", "gid") DO UPDATE SET
      "firstName" = ${newest("firstName")}, "lastName" = ${newest("lastName")}, "email" = ${newest("email")}, "phone" = ${newest("phone")},
      "registeredAt" = coalesce(k."registeredAt", EXCLUDED."registeredAt"),
      -- Orders are only ever added: the higher count is the newer one.
      "ordersCount" = greatest(k."ordersCount", EXCLUDED."ordersCount"),
      "sourceUpdatedAt" = greatest(k."sourceUpdatedAt", EXCLUDED."sourceUpdatedAt"), "updatedAt" = CURRENT_TIMESTAMP
    RETURNING *`;
  if (!customer) throw new Error("a customer was not remembered");
  return customer;
}
