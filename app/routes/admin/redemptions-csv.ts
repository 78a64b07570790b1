import type { LoaderFunctionArgs } from "@remix-run/node";
import { listRedemptions } from "../../domain/coupons/queries.server";
import { awardId, publicId } from "../../lib/ids";
import { toDecimal } from "../../lib/money";
import { csvResponse } from "./csv.server";
import { openAdmin } from "./door.server";
import { readRedemptionSearch } from "./redemption-search";

/** Downloads the redemption records that the page's filters show. */
export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const search = readRedemptionSearch(new URL(request.url).searchParams, shop.timeZone);
  return csvResponse({
    filename: "redemptions.csv",
    headings: ["redemption", "order", "code", "award", "award_name", "customer", "channel", "discount", "currency", "redeemed_at", "reversed_at", "reversal_reason", "flags"],
    read: (position, size) => listRedemptions(shop.id, { ...search, position, size }),
    keyOf: (row) => [String(row.id)],
    cellsOf: (row) => [
      publicId("redemption", row.id),
      row.orderName,
      row.code,
      awardId(row.awardNumber),
      row.awardName,
      row.customerName,
      row.channel,
      Number(toDecimal(row.discountMinor, row.currency)),
      row.currency,
      row.redeemedAt.toISOString(),
      row.reversedAt?.toISOString() ?? null,
      row.reversalReason,
      row.flags.join(" "),
    ],
  });
}
