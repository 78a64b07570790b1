/** What the app must know of a shop before its first page. */
import { z } from "zod";

export const SHOP_FACTS = `#graphql
  query ShopFacts {
    shop {
      name
      currencyCode
      ianaTimezone
    }
  }`;

export const ShopFactsAnswer = z.object({
  data: z.object({ shop: z.object({ name: z.string(), currencyCode: z.string().length(3), ianaTimezone: z.string().min(1) }) }),
});
