/** A customer is forgotten: the person goes, the ledger stays so that the books still add up. */
import { Prisma, type Customer } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import { recordChanges } from "../changes/record.server";
import { findPerson, type PersonNamed } from "./find-person.server";
import { namesOf, patternOf, type Person } from "./traces";

export interface Erasure {
  /** `unknown`: no customer of ours. What names them elsewhere is erased all the same, and the request is on record. */
  outcome: "erased" | "unknown";
  /** Who was erased, for whoever holds more about them. */
  person: Person;
}

/**
 * Erases everything that names the customer, Shopify's id included: entries, issuances and redemptions hang on our own id,
 * which from now on leads to nobody. Of entries the notes go; the hash chain keeps their digests.
 */
export async function eraseCustomer(tx: Tx, shopId: number, named: PersonNamed, now: Date): Promise<Erasure> {
  const { customers, person } = await findPerson(tx, shopId, named);
  await eraseInFiles(tx, shopId, customers, person);
  await eraseInTexts(tx, shopId, person);
  await eraseNotes(tx, shopId, customers, person);
  await unbindDiscounts(tx, shopId, person, now);
  for (const customer of customers) await eraseRow(tx, shopId, customer, now);
  // Earlier exports are copies of what is erased.
  await tx.complianceRequest.updateMany({ where: { shopId, customerGid: { in: person.gids } }, data: { customerGid: null, export: Prisma.DbNull } });
  await tx.complianceRequest.createMany({ data: { shopId, topic: "customers/redact", webhookId: named.webhookId, handledAt: now }, skipDuplicates: true });
  return { outcome: customers.length > 0 ? "erased" : "unknown", person };
}

async function eraseRow(tx: Tx, shopId: number, { id }: Customer, now: Date): Promise<void> {
  await tx.customer.updateMany({
    where: { shopId, id },
    data: {
      gid: `gid://shopify/Customer/erased-${id}`, firstName: null, lastName: null, email: null, phone: null, externalId: null,
      birthMonth: null, birthDay: null, registeredAt: null, erasedAt: now,
    },
  });
}

/** What staff and integrators wrote beside points may say anything: it goes from all that is the person's, and where it names them. */
async function eraseNotes(tx: Tx, shopId: number, customers: Customer[], person: Person): Promise<void> {
  const ids = customers.map(({ id }) => id);
  const theirs = { shopId, customerId: { in: ids }, note: { not: null } };
  await tx.pointsHold.updateMany({ where: theirs, data: { note: null } });
  await tx.pendingEarning.updateMany({ where: theirs, data: { note: null } });
  await tx.$executeRaw`
    UPDATE "PointsEntry" SET "note" = NULL, "noteSalt" = NULL, "noteDigest" = points_note_digest("note", "noteSalt")
    WHERE "shopId" = ${shopId} AND "noteSalt" IS NOT NULL AND ("customerId" = ANY(${ids}::bigint[]) OR "note" ~* ${patternOf(person)})`;
}

/** Rows of files that were handed in, whether or not the customer was found by them, and lists named after the person. */
async function eraseInFiles(tx: Tx, shopId: number, customers: Customer[], person: Person): Promise<void> {
  const ids = customers.map(({ id }) => id);
  const pattern = patternOf(person);
  await tx.$executeRaw`
    UPDATE "ImportRow" SET "input" = '', "name" = NULL, "note" = NULL
    WHERE "shopId" = ${shopId} AND ("customerId" = ANY(${ids}::bigint[]) OR lower("name") = ANY(${namesOf(person)}::text[])
      OR "input" ~* ${pattern} OR "note" ~* ${pattern} OR "name" ~* ${pattern})`;
  await tx.$executeRaw`UPDATE "Import" SET "fileName" = 'erased' WHERE "shopId" = ${shopId} AND "fileName" ~* ${pattern}`;
  await tx.$executeRaw`UPDATE "Import" SET "problem" = NULL WHERE "shopId" = ${shopId} AND "problem" ~* ${pattern}`;
}

/** What quotes others' words: reasons of failures, answers of endpoints, answers that are kept to be repeated. */
async function eraseInTexts(tx: Tx, shopId: number, person: Person): Promise<void> {
  const pattern = patternOf(person);
  for (const [table, column] of QUOTES) {
    const [place, text] = [Prisma.raw(`"${table}"`), Prisma.raw(`"${column}"`)];
    await tx.$executeRaw`UPDATE ${place} SET ${text} = NULL WHERE "shopId" = ${shopId} AND ${text} ~* ${pattern}`;
  }
  // Whoever asks again within the day meets the verb's own memory.
  await tx.$executeRaw`DELETE FROM "ApiAnswer" WHERE "shopId" = ${shopId} AND ("key" ~* ${pattern} OR "body" ~* ${pattern})`;
  await tx.$executeRaw`UPDATE "BulkJob" SET "request" = '{}' WHERE "shopId" = ${shopId} AND "endedAt" IS NOT NULL AND "request"::text ~* ${pattern}`;
  await tx.$executeRaw`UPDATE "Drift" SET "details" = '{}' WHERE "shopId" = ${shopId} AND "details"::text ~* ${pattern}`;
}

const QUOTES = [
  ["Change", "problem"], ["ParentDiscount", "problem"], ["Coupon", "problem"], ["BulkJob", "problem"], ["StaffAlert", "problem"], ["Reconciliation", "problem"],
  ["WebhookDelivery", "answer"], ["WebhookDelivery", "problem"], ["PointsHold", "note"], ["PendingEarning", "note"],
] as const;

/** Codes that only this customer could use: their discount ends, and says no more for whom it was. */
async function unbindDiscounts(tx: Tx, shopId: number, { gids }: Person, now: Date): Promise<void> {
  const ended = await tx.$queryRaw<{ id: bigint; state: string }[]>`
    UPDATE "ParentDiscount" SET "customerGid" = NULL, "bucket" = 'erased ' || "id", "expiresAt" = least("expiresAt", ${now}::timestamptz),
      "retiredAt" = coalesce("retiredAt", ${now}::timestamptz), "updatedAt" = ${now}::timestamptz
    WHERE "shopId" = ${shopId} AND "customerGid" = ANY(${gids}::text[]) RETURNING "id", "state"::text`;
  const subjects = ended.filter(({ state }) => state !== "local").map(({ id }) => id);
  if (subjects.length > 0) await recordChanges(tx, shopId, { kind: "put_discount", subjects }, now);
}
