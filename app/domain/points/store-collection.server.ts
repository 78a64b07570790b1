/** What Shopify says of a collection's products, page by page; it counts from the last page on, all of it at once. */
import { inTransaction, type prisma, type Tx } from "../../lib/db.server";
import { COLLECTION_LIMIT } from "./earn-rule";
import { READ_EVERY_MS } from "./watch-collections.server";

/** How long one that Shopify does not know is left alone. */
const GONE_EVERY_MS = 24 * 60 * 60_000;

export interface CollectionPage {
  /** Where this page began; null: at the first product. */
  after: string | null;
  title: string;
  productGids: string[];
  /** Where the next page begins; null: this was the last. */
  next: string | null;
}

/** Where the reading of a collection goes on. `unwatched`: it was forgotten. */
export type ReadingPlace = { outcome: "at"; cursor: string | null } | { outcome: "read" } | { outcome: "unwatched" };

/** Stores a page. One that does not begin where the reading stands, as another worker's would, changes nothing. */
export async function storeCollectionPage(shopId: number, id: bigint, page: CollectionPage, now: Date): Promise<ReadingPlace> {
  return inTransaction(async (tx) => {
    const collection = await lockCollection(tx, shopId, id);
    if (!collection) return { outcome: "unwatched" };
    if (collection.cursor !== page.after) return { outcome: "at", cursor: collection.cursor };
    const reading = collection.reading + 1;
    // A reading that was given up half-way leaves its rows to the one that begins anew.
    if (page.after === null) await tx.collectionProduct.deleteMany({ where: { shopId, collectionId: id, reading } });
    await tx.collectionProduct.createMany({ data: page.productGids.map((productGid) => ({ shopId, collectionId: id, reading, productGid })), skipDuplicates: true });
    const seenCount = (page.after === null ? 0 : collection.seenCount) + page.productGids.length;
    const isCut = page.next !== null && seenCount >= COLLECTION_LIMIT;
    if (page.next !== null && !isCut) {
      await tx.earnCollection.update({ where: { shopId_id: { shopId, id } }, data: { title: page.title, cursor: page.next, seenCount } });
      return { outcome: "at", cursor: page.next };
    }
    await tx.collectionProduct.deleteMany({ where: { shopId, collectionId: id, reading: { not: reading } } });
    const productsCount = await tx.collectionProduct.count({ where: { shopId, collectionId: id, reading } });
    await tx.earnCollection.update({
      where: { shopId_id: { shopId, id } },
      data: { title: page.title, reading, cursor: null, seenCount: 0, productsCount, isCut, readAt: now, goneAt: null, dueAt: new Date(now.getTime() + READ_EVERY_MS) },
    });
    return { outcome: "read" };
  });
}

/** Where the reading stands; null: the collection is not watched. */
export function readingPlace(db: Tx | typeof prisma, shopId: number, id: bigint): Promise<{ cursor: string | null } | null> {
  return db.earnCollection.findUnique({ where: { shopId_id: { shopId, id } }, select: { cursor: true } });
}

/** Begins anew at the first product: the place where it was to go on is not known to Shopify any more. */
export async function restartReading(db: Tx | typeof prisma, shopId: number, id: bigint): Promise<void> {
  await db.earnCollection.updateMany({ where: { shopId, id }, data: { cursor: null, seenCount: 0 } });
}

/** Shopify does not know the collection: it has no products, and its rules concern none by it. */
export async function noteCollectionGone(shopId: number, id: bigint, now: Date): Promise<void> {
  await inTransaction(async (tx) => {
    const collection = await lockCollection(tx, shopId, id);
    if (!collection) return;
    await tx.collectionProduct.deleteMany({ where: { shopId, collectionId: id } });
    const data = { cursor: null, seenCount: 0, productsCount: 0, isCut: false, readAt: now, dueAt: new Date(now.getTime() + GONE_EVERY_MS) };
    await tx.earnCollection.update({ where: { shopId_id: { shopId, id } }, data });
    await tx.earnCollection.updateMany({ where: { shopId, id, goneAt: null }, data: { goneAt: now } });
  });
}

async function lockCollection(tx: Tx, shopId: number, id: bigint) {
  const [row] = await tx.$queryRaw<{ reading: number; cursor: string | null; seenCount: number }[]>`
    SELECT "reading", "cursor", "seenCount" FROM "EarnCollection" WHERE "shopId" = ${shopId} AND "id" = ${id} FOR UPDATE`;
  return row ?? null;
}
