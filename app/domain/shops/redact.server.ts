/** The law's last step after an uninstall: nothing that names a person, or the shop's people, is left. */
import { Prisma } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";
import type { JobStep } from "../jobs/job";
import { startJob } from "../jobs/start.server";

/** Rows of each table in one go, and how many goes before the rest is left to a job. */
const BATCH = 5_000;
const AT_ONCE = 3;

/**
 * Erases the personal data of all the shop's customers, its tokens, its keys and its name; what is too much for one transaction is
 * erased by a job. The ledger and the redemptions stay, under pseudonyms. A shop that is installed is not touched: Shopify does
 * not ask for that, a replay of old news might.
 */
export async function redactShop(tx: Tx, shopId: number, webhookId: string, now: Date): Promise<{ outcome: "redacted" | "installed" }> {
  const { count } = await tx.shop.updateMany({ where: { id: shopId, uninstalledAt: { not: null } }, data: { name: "", alertEmail: null } });
  if (count === 0) return { outcome: "installed" };

  const { domain } = await tx.shop.findUniqueOrThrow({ where: { id: shopId }, select: { domain: true } });
  await tx.session.deleteMany({ where: { shop: domain } });
  await tx.apiAnswer.deleteMany({ where: { shopId } });
  await tx.apiKey.updateMany({ where: { shopId }, data: { name: "erased", revokedAt: now } });
  await tx.webhookEndpoint.deleteMany({ where: { shopId } });
  await tx.staffAlert.deleteMany({ where: { shopId } });
  await tx.import.updateMany({ where: { shopId }, data: { fileName: "erased", header: "", problem: null } });
  await tx.bulkJob.updateMany({ where: { shopId }, data: { request: {}, problem: null } });
  await tx.drift.updateMany({ where: { shopId }, data: { details: {} } });
  // Without their details nothing can be done about them; a shop that comes back is looked at anew.
  await tx.drift.updateMany({ where: { shopId, status: "queued" }, data: { status: "closed", endedAt: now } });
  await tx.change.updateMany({ where: { shopId, problem: { not: null } }, data: { problem: null } });
  await tx.$executeRaw`UPDATE "ParentDiscount" SET "customerGid" = NULL, "bucket" = 'erased ' || "id" WHERE "shopId" = ${shopId} AND "customerGid" IS NOT NULL`;
  // Why something failed quotes whom it failed for.
  await tx.$executeRaw`UPDATE "ParentDiscount" SET "problem" = NULL WHERE "shopId" = ${shopId} AND "problem" IS NOT NULL`;
  await tx.reconciliation.updateMany({ where: { shopId, problem: { not: null } }, data: { problem: null } });
  await tx.complianceRequest.updateMany({ where: { shopId }, data: { customerGid: null, export: Prisma.DbNull } });
  await tx.complianceRequest.createMany({ data: { shopId, topic: "shop/redact", webhookId, handledAt: now }, skipDuplicates: true });

  let rest: Rest = { left: true, afterEntry: 0n };
  for (let round = 0; round < AT_ONCE && rest.left; round++) rest = await eraseSome(tx, shopId, { until: null, afterEntry: rest.afterEntry }, now);
  if (rest.left) await startJob(tx, shopId, { kind: "redact_shop", request: {}, requestKey: `redact:${webhookId}` }, now);
  return { outcome: "redacted" };
}

/** Works one step of the job. What came after it was asked for belongs to a shop that is back. */
export const stepRedact: JobStep = async (tx, shopId, { createdAt, cursor }, now) => {
  const { left, afterEntry } = await eraseSome(tx, shopId, { until: createdAt, afterEntry: BigInt(cursor || 0) }, now);
  return { done: BATCH, failed: 0, outcomes: {}, cursor: String(afterEntry), finished: !left };
};

interface Rest {
  left: boolean;
  /** The ledger is walked: its entries stay, so that where the walk goes on is not found by what is left. */
  afterEntry: bigint;
}

/** Erases some of what came until then (null: ever); whether more is left. */
async function eraseSome(tx: Tx, shopId: number, { until, afterEntry }: { until: Date | null; afterEntry: bigint }, now: Date): Promise<Rest> {
  const customers = await tx.$executeRaw`
    UPDATE "Customer" c SET "gid" = 'gid://shopify/Customer/erased-' || c."id", "firstName" = NULL, "lastName" = NULL, "email" = NULL, "phone" = NULL,
      "externalId" = NULL, "birthMonth" = NULL, "birthDay" = NULL, "registeredAt" = NULL, "erasedAt" = coalesce(c."erasedAt", ${now}::timestamptz), "updatedAt" = ${now}::timestamptz
    FROM (SELECT "id" FROM "Customer" WHERE "shopId" = ${shopId} AND "gid" NOT LIKE 'gid://shopify/Customer/erased-%' AND ("createdAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) ORDER BY "id" LIMIT ${BATCH}) batch
    WHERE c."shopId" = ${shopId} AND c."id" = batch."id"`;
  const rows = await tx.$executeRaw`
    DELETE FROM "ImportRow" r USING
      (SELECT o."importId", o."line" FROM "ImportRow" o JOIN "Import" i ON i."shopId" = o."shopId" AND i."id" = o."importId"
       WHERE o."shopId" = ${shopId} AND (i."createdAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) LIMIT ${BATCH}) batch
    WHERE r."shopId" = ${shopId} AND r."importId" = batch."importId" AND r."line" = batch."line"`;
  const notes = await tx.$executeRaw`
    UPDATE "PointsHold" h SET "note" = NULL FROM (SELECT "id" FROM "PointsHold" WHERE "shopId" = ${shopId} AND "note" IS NOT NULL AND ("heldAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) LIMIT ${BATCH}) batch
    WHERE h."shopId" = ${shopId} AND h."id" = batch."id"`;
  const earnings = await tx.$executeRaw`
    UPDATE "PendingEarning" p SET "note" = NULL FROM (SELECT "orderGid" FROM "PendingEarning" WHERE "shopId" = ${shopId} AND "note" IS NOT NULL AND ("occurredAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) LIMIT ${BATCH}) batch
    WHERE p."shopId" = ${shopId} AND p."orderGid" = batch."orderGid"`;
  const coupons = await tx.$executeRaw`
    UPDATE "Coupon" c SET "problem" = NULL FROM (SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "problem" IS NOT NULL AND ("createdAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) LIMIT ${BATCH}) batch
    WHERE c."shopId" = ${shopId} AND c."id" = batch."id"`;
  const events = await tx.$executeRaw`
    UPDATE "InboxEvent" e SET "body" = ''::bytea, "problem" = NULL FROM
      (SELECT o."shopDomain", o."id" FROM "Shop" s JOIN "InboxEvent" o ON o."shopDomain" = s."domain"
       WHERE s."id" = ${shopId} AND (length(o."body") > 0 OR o."problem" IS NOT NULL) AND (o."receivedAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) LIMIT ${BATCH}) batch
    WHERE e."shopDomain" = batch."shopDomain" AND e."id" = batch."id"`;
  const deliveries = await tx.$executeRaw`
    DELETE FROM "WebhookDelivery" d USING
      (SELECT "id" FROM "WebhookDelivery" WHERE "shopId" = ${shopId} AND ("createdAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL) ORDER BY "id" LIMIT ${BATCH}) batch
    WHERE d."shopId" = ${shopId} AND d."id" = batch."id"`;
  const [walked] = await tx.$queryRaw<{ count: number; last: bigint | null }[]>`
    WITH batch AS MATERIALIZED (SELECT "id" FROM "PointsEntry" WHERE "shopId" = ${shopId} AND "id" > ${afterEntry} ORDER BY "id" LIMIT ${BATCH}),
    erased AS (
      UPDATE "PointsEntry" e SET "note" = NULL, "noteSalt" = NULL, "noteDigest" = points_note_digest(e."note", e."noteSalt")
      WHERE e."shopId" = ${shopId} AND e."id" IN (SELECT "id" FROM batch) AND e."noteSalt" IS NOT NULL AND (e."recordedAt" <= ${until}::timestamptz OR ${until}::timestamptz IS NULL))
    SELECT count(*)::int AS "count", max("id") AS "last" FROM batch`;
  const left = [customers, rows, notes, earnings, coupons, events, deliveries, walked?.count].some((count) => count === BATCH);
  return { left, afterEntry: walked?.last ?? afterEntry };
}
