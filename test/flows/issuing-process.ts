/** Another server of the same database: issues what it is sent, all at once, and answers with the outcomes. */
import { z } from "zod";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { closeDatabase } from "#app/lib/db.server.ts";

const Orders = z.object({
  shopId: z.int(),
  now: z.coerce.date(),
  requests: z.array(z.object({ customerId: z.coerce.bigint(), awardNumber: z.int(), requestKey: z.string(), distributed: z.boolean() })),
});

process.on("message", (message) => {
  const { shopId, now, requests } = Orders.parse(message);
  void Promise.all(requests.map((request) => issueCoupon(shopId, { ...request, channel: "checkout" }, now)))
    .then((issuings) => process.send?.(issuings.map(({ outcome }) => outcome)))
    .finally(() => closeDatabase())
    .finally(() => process.disconnect());
});
process.send?.("ready");
