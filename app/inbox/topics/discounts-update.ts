/** https://shopify.dev/docs/api/webhooks?reference=toml#list-of-topics-discounts/update */
import { z } from "zod";
import { noteDiscountNews } from "../../domain/drift/note-news.server";
import { topic } from "./topic";

const DiscountPayload = z.object({ admin_graphql_api_id: z.string() });

/** A discount was changed, or deleted: both are told by its id, and what is so now is read from Shopify. */
export const discountsUpdate = topic(DiscountPayload, async (tx, { shopId }, { admin_graphql_api_id }, now) => {
  await noteDiscountNews(tx, shopId, admin_graphql_api_id, now);
});
