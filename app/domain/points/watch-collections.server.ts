/** Collections that rules of earning name: Shopify says which products they have, we keep what it said. */
import { recordChanges } from "../changes/record.server";
import type { Tx } from "../../lib/db.server";

/** How long what was read is taken for true, news from Shopify aside. */
export const READ_EVERY_MS = 60 * 60_000;
/** News of one collection that come faster than this are worked together. */
const NEWS_PAUSE_MS = 60_000;
/** How long an order may be found after its day, by whose rules it earns: Shopify shows orders of sixty days. */
const FOUND_MS = 60 * 86_400_000;

/** Begins to read collections that a rule now names, and forgets those that none names any more, nor has of late. The rules are locked by the caller. */
export async function watchCollections(tx: Tx, shopId: number, now: Date): Promise<void> {
  const begun = await tx.$queryRaw<{ id: bigint }[]>`
    INSERT INTO "EarnCollection" ("shopId", "id", "dueAt")
    SELECT DISTINCT r."shopId", split_part(named."gid", '/', 5)::bigint, ${new Date(now.getTime() + READ_EVERY_MS)}::timestamptz
    FROM "EarnRule" r CROSS JOIN LATERAL unnest(r."collectionGids") AS named("gid") WHERE r."shopId" = ${shopId}
    ON CONFLICT DO NOTHING RETURNING "id"`;
  const forgotten = await tx.$queryRaw<{ id: bigint }[]>`
    DELETE FROM "EarnCollection" k WHERE k."shopId" = ${shopId} AND NOT EXISTS (
      SELECT 1 FROM "EarnRule" r WHERE r."shopId" = k."shopId" AND ('gid://shopify/Collection/' || k."id") = ANY(r."collectionGids"))
    AND NOT EXISTS (
      SELECT 1 FROM "FormerEarning" f WHERE f."shopId" = k."shopId" AND f."part" = 'rules' AND f."until" > ${new Date(now.getTime() - FOUND_MS)}::timestamptz
        AND f."terms" @> jsonb_build_array(jsonb_build_object('collectionGids', jsonb_build_array('gid://shopify/Collection/' || k."id"))))
    RETURNING k."id"`;
  await tx.collectionProduct.deleteMany({ where: { shopId, collectionId: { in: forgotten.map(({ id }) => id) } } });
  await recordChanges(tx, shopId, { kind: "read_collection", subjects: begun.map(({ id }) => id) }, now);
}

/** Shopify says that a collection changed, or is gone: it is read again, at most once a minute. One that no rule names is nothing to us. */
export async function noteCollectionNews(tx: Tx, shopId: number, collectionId: bigint, now: Date): Promise<void> {
  const collection = await tx.earnCollection.findUnique({ where: { shopId_id: { shopId, id: collectionId } }, select: { readAt: true, dueAt: true } });
  if (!collection) return;
  const from = Math.max(now.getTime(), (collection.readAt?.getTime() ?? 0) + NEWS_PAUSE_MS);
  if (from <= now.getTime()) await recordChanges(tx, shopId, { kind: "read_collection", subjects: [collectionId] }, now);
  else if (from < collection.dueAt.getTime()) await tx.earnCollection.updateMany({ where: { shopId, id: collectionId }, data: { dueAt: new Date(from) } });
}
