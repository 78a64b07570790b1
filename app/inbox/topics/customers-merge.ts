/** https://shopify.dev/docs/api/webhooks?reference=toml#list-of-topics-customers/merge */
import { z } from "zod";
import { mergeCustomers } from "../../domain/customers/merge.server";
import { gidOf } from "./payload";
import { topic } from "./topic";

const CustomersMerge = z.object({
  admin_graphql_api_customer_kept_id: gidOf("Customer"),
  admin_graphql_api_customer_deleted_id: gidOf("Customer"),
  status: z.string(),
});

/** Two customers were merged. One that failed, or has only been asked for, is told too: it changes nothing. */
export const customersMerge = topic(CustomersMerge, async (tx, { shopId }, merge, now) => {
  if (merge.status.toLowerCase() !== "completed") return;
  const { admin_graphql_api_customer_kept_id: keptGid, admin_graphql_api_customer_deleted_id: deletedGid } = merge;
  await mergeCustomers(tx, shopId, { keptGid, deletedGid }, now);
});
