import { z } from "zod";
import { noteCollectionNews } from "../../domain/points/watch-collections.server";
import { topic } from "./topic";

/** https://shopify.dev/docs/api/webhooks?reference=toml#list-of-topics-collections/update; a deleted one is told by its number alone. */
const CollectionPayload = z.object({ id: z.union([z.int(), z.string().regex(/^\d{1,18}$/)]).transform(BigInt) });

/** A collection changed or was deleted: what it has is read again, as far as earning depends on it. */
export const collectionsUpdate = topic(CollectionPayload, async (tx, { shopId }, { id }, now) => {
  await noteCollectionNews(tx, shopId, id, now);
});
