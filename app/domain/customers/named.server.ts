/** What staff type to find a customer, so that an index finds them: a shop may have millions. */
import { Prisma } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { parseCustomerId } from "./identifier";

/** After every text that begins as the one before it. */
const END = "\u{10FFFF}";
const PHONE_START = /^\+\d{3,}$/;
const NAME = Prisma.sql`lower(coalesce(k."firstName", '') || ' ' || coalesce(k."lastName", ''))`;
/** More than so many are everywhere in the shop: whoever looks for the newest of them meets them soon. */
const MANY = 20_000;

/** A search for customers, in the two ways of doing it. */
export interface NamedCustomers {
  /** Conditions on a customer `k`, one of which is met; each has an index of its own. */
  conditions: Prisma.Sql[];
  /** There are so many that it is better to go through the newest than to collect them all. */
  areMany: boolean;
}

/**
 * The shop's customers of whom the text is the beginning of an e-mail address, of a phone number, of a last name, or of first and last name;
 * or the whole of an id: ours, Shopify's, an integrator's.
 */
export async function customersNamed(shopId: number, text: string): Promise<NamedCustomers> {
  const wanted = text.trim();
  const id = parseCustomerId(wanted);
  const phone = wanted.replace(/[\s().\-/]/g, "").replace(/^00/, "+");
  const conditions = [
    begins(Prisma.sql`k."email"`, wanted),
    begins(NAME, wanted),
    begins(Prisma.sql`lower(k."lastName")`, wanted),
    Prisma.sql`k."externalId" = ${wanted}`,
    ...(PHONE_START.test(phone) ? [begins(Prisma.sql`k."phone"`, phone)] : []),
    ...(id?.by === "id" ? [Prisma.sql`k."id" = ${id.id}`] : []),
    ...(id?.by === "gid" ? [Prisma.sql`k."gid" = ${id.gid}`] : []),
  ];
  const some = Prisma.join(conditions.map((condition) => Prisma.sql`(SELECT 1 FROM "Customer" k WHERE k."shopId" = ${shopId} AND ${condition} LIMIT ${MANY})`), " UNION ALL ");
  const [found] = await prisma.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS "count" FROM (${some}) s`;
  return { conditions, areMany: (found?.count ?? 0) >= MANY };
}

/** `id` and `mergedIntoId` of the customers, each once, by their indexes. */
export function collected(shopId: number, { conditions }: NamedCustomers): Prisma.Sql {
  return Prisma.join(conditions.map((condition) => Prisma.sql`SELECT k."id", k."mergedIntoId" FROM "Customer" k WHERE k."shopId" = ${shopId} AND ${condition}`), " UNION ");
}

/** Whether a customer `k` is one of them. */
export function isOneOf({ conditions }: NamedCustomers): Prisma.Sql {
  return Prisma.sql`(${Prisma.join(conditions.map((condition) => Prisma.sql`(${condition})`), " OR ")})`;
}

function begins(column: Prisma.Sql, text: string): Prisma.Sql {
  return Prisma.sql`${column} ~>=~ lower(${text}) AND ${column} ~<~ (lower(${text}) || ${END})`;
}
