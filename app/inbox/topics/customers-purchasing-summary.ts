/** https://shopify.dev/docs/api/webhooks?reference=toml#list-of-topics-customers/purchasing_summary */
import { z } from "zod";
import { rememberCustomer } from "../../domain/customers/remember.server";
import { gid, gidTail } from "../../lib/gid";
import { topic } from "./topic";

const PurchasingSummary = z.object({
  customerId: z.union([z.int(), z.string()]).transform(String).pipe(z.string().regex(/^(gid:\/\/shopify\/Customer\/)?\d+$/)),
  numberOfOrders: z.coerce.number<string | number>().int().min(0),
});

/** How many orders a customer has placed: customers/update no longer carries it. */
export const customersPurchasingSummary = topic(PurchasingSummary, async (tx, { shopId }, { customerId, numberOfOrders }) => {
  await rememberCustomer(tx, shopId, { gid: gid("Customer", gidTail(customerId)), ordersCount: numberOfOrders });
});
