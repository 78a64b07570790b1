/** Reads which products a collection has that a rule of earning names. */
import { noteCollectionGone, readingPlace, restartReading, storeCollectionPage } from "../../domain/points/store-collection.server";
import { prisma } from "../../lib/db.server";
import { gid } from "../../lib/gid";
import { collectionProducts } from "../../shopify/operations/collections";
import { setback, type Push, type Worked } from "../work";

/** Pages of one turn: what shoppers wait for goes between. */
const PAGES = 10;

/** Reads on from where the last turn, or a worker that crashed, left off. */
export async function readCollection({ shopId, admin, clock }: Push, id: bigint): Promise<Worked> {
  for (let page = 0; page < PAGES; page++) {
    const place = await readingPlace(prisma, shopId, id);
    if (!place) return { outcome: "done" };
    const result = await admin.call(collectionProducts, { id: gid("Collection", id), after: place.cursor });
    if (result.outcome === "refused" && place.cursor !== null) {
      await restartReading(prisma, shopId, id);
      continue;
    }
    if (result.outcome !== "ok") return setback(result);
    if (!result.answer) {
      await noteCollectionGone(shopId, id, clock());
      return { outcome: "done" };
    }
    const { title, products } = result.answer;
    const stored = await storeCollectionPage(
      shopId,
      id,
      { after: place.cursor, title, productGids: products.nodes.map((product) => product.id), next: products.pageInfo.hasNextPage ? products.pageInfo.endCursor : null },
      clock(),
    );
    if (stored.outcome !== "at") return { outcome: "done" };
  }
  return { outcome: "again", afterMs: 0 };
}
