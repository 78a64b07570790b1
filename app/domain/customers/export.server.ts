/** Everything we hold about a customer, put together for the merchant who must answer them. */
import type { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { publicId } from "../../lib/ids";
import { exactMinor } from "../../lib/money";
import { findPerson, type PersonNamed } from "./find-person.server";
import { namesOf, patternOf, type Person } from "./traces";

/** Rows of one kind at most, more than any person has. Where there are more all the same, `cut` names the kinds that lack some. */
const ROWS_LIMIT = 200_000;

/** Something another room holds about the person, and how it is called in the export. */
export interface Elsewhere {
  name: string;
  read(person: Person, limit: number): Promise<object[]>;
}

/** Stores the export as a compliance request, once for each webhook. A person we do not know gets what names them in files. */
export async function exportCustomer(tx: Tx, shopId: number, named: PersonNamed, elsewhere: Elsewhere[], now: Date): Promise<void> {
  const { customers, person } = await findPerson(tx, shopId, named);
  const cut: string[] = [];
  const held: Record<string, unknown> = { customer: customers[0] ?? null, mergedCustomers: customers.slice(1) };
  const kinds = [...kindsAbout(tx, shopId, customers.map(({ id }) => id), person), ...elsewhere.map(({ name, read }) => ({ name, rows: () => read(person, ROWS_LIMIT + 1) }))];
  for (const { name, rows } of kinds) {
    const found = await rows();
    held[name] = found.slice(0, ROWS_LIMIT);
    if (found.length > ROWS_LIMIT) cut.push(name);
  }
  if (cut.length > 0) held.cut = cut;
  await tx.complianceRequest.createMany({
    data: { shopId, topic: "customers/data_request", customerGid: named.gid, webhookId: named.webhookId, export: toJson(held), handledAt: now },
    skipDuplicates: true,
  });
}

interface Kind {
  name: string;
  rows(): Promise<object[]>;
}

/** Every table that has something about these customers, in the order of the export. */
function kindsAbout(tx: Tx, shopId: number, ids: bigint[], person: Person): Kind[] {
  const where = { shopId, customerId: { in: ids } };
  const take = ROWS_LIMIT + 1;
  const byId = { where, orderBy: { id: "asc" }, take } as const;
  const [names, pattern] = [namesOf(person), patternOf(person)];
  const publicIds = ids.map((id) => publicId("customer", id));
  return [
    { name: "points", rows: () => tx.pointsAccount.findMany({ where, select: { balance: true, held: true } }) },
    { name: "entries", rows: () => tx.pointsEntry.findMany({ ...byId, omit: { hash: true, noteSalt: true, noteDigest: true } }) },
    { name: "lots", rows: () => tx.pointsLot.findMany(byId) },
    { name: "pendingEarnings", rows: () => tx.pendingEarning.findMany({ where, orderBy: { occurredAt: "asc" }, take }) },
    { name: "holds", rows: () => tx.pointsHold.findMany(byId) },
    { name: "issuances", rows: () => tx.issuance.findMany(byId) },
    {
      name: "coupons",
      rows: () => tx.$queryRaw`
        SELECT c."id", c."code", c."status"::text, c."awardNumber", c."issuedAt", c."expiresAt", c."valueMinor", coalesce(c."boundCustomerId" = ANY(${ids}::bigint[]), false) AS "onlyForThem"
        FROM "Coupon" c
        WHERE c."shopId" = ${shopId} AND (c."boundCustomerId" = ANY(${ids}::bigint[])
          OR c."id" IN (SELECT i."couponId" FROM "Issuance" i WHERE i."shopId" = ${shopId} AND i."customerId" = ANY(${ids}::bigint[])))
        ORDER BY 1 LIMIT ${take}`,
    },
    { name: "locks", rows: () => tx.couponLock.findMany({ where, orderBy: { lockedAt: "asc" }, take }) },
    { name: "redemptions", rows: () => tx.redemption.findMany(byId) },
    {
      name: "reversals",
      rows: () => tx.$queryRaw`
        SELECT v."redemptionId", v."reason", v."reversedAt" FROM "RedemptionReversal" v JOIN "Redemption" r ON r."shopId" = v."shopId" AND r."id" = v."redemptionId"
        WHERE v."shopId" = ${shopId} AND r."customerId" = ANY(${ids}::bigint[]) ORDER BY 1 LIMIT ${take}`,
    },
    { name: "orders", rows: () => tx.order.findMany({ where, orderBy: { processedAt: "asc" }, take }) },
    {
      name: "refunds",
      rows: () => tx.$queryRaw`
        SELECT f.* FROM "Refund" f JOIN "Order" o ON o."shopId" = f."shopId" AND o."gid" = f."orderGid"
        WHERE f."shopId" = ${shopId} AND o."customerId" = ANY(${ids}::bigint[]) ORDER BY f."refundedAt" LIMIT ${take}`,
    },
    { name: "lists", rows: () => tx.awardCustomer.findMany({ where, orderBy: { awardNumber: "asc" }, take, select: { awardNumber: true } }) },
    {
      name: "importRows",
      rows: () => tx.$queryRaw`
        SELECT "importId", "line", "input", "code", "namedBy", "name", "points", "note", "fate" FROM "ImportRow"
        WHERE "shopId" = ${shopId} AND ("customerId" = ANY(${ids}::bigint[]) OR lower("name") = ANY(${names}::text[]) OR "input" ~* ${pattern})
        ORDER BY "importId", "line" LIMIT ${take}`,
    },
    {
      name: "events",
      rows: () => tx.$queryRaw`
        SELECT "id", "kind", "data", "occurredAt" FROM "Event"
        WHERE "shopId" = ${shopId} AND ("data" ->> 'customerId' = ANY(${publicIds}::text[]) OR "data" ->> 'previousCustomerId' = ANY(${publicIds}::text[])) ORDER BY 1 LIMIT ${take}`,
    },
    {
      name: "deliveries",
      rows: () => tx.$queryRaw`
        SELECT d."id", d."eventId", p."url", d."status"::text, d."attempts", d."attemptedAt", d."answer" FROM "WebhookDelivery" d
        JOIN "Event" e ON e."shopId" = d."shopId" AND e."id" = d."eventId" JOIN "WebhookEndpoint" p ON p."shopId" = d."shopId" AND p."id" = d."endpointId"
        WHERE d."shopId" = ${shopId} AND (e."data" ->> 'customerId' = ANY(${publicIds}::text[]) OR e."data" ->> 'previousCustomerId' = ANY(${publicIds}::text[])) ORDER BY 1 LIMIT ${take}`,
    },
    { name: "apiAnswers", rows: () => tx.$queryRaw`SELECT "key", "status", "body", "createdAt" FROM "ApiAnswer" WHERE "shopId" = ${shopId} AND "body" ~* ${pattern} ORDER BY 1 LIMIT ${take}` },
  ];
}

/** JSON has no bigint: ids become text, amounts numbers. */
function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (typeof part === "bigint" ? fromBigint(key, part) : part))) as Prisma.InputJsonValue;
}

function fromBigint(key: string, value: bigint): string | number {
  return key.endsWith("Minor") ? exactMinor(value) : String(value);
}
