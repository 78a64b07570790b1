/** News for staff: what each kind says. Pure. */
import { z } from "zod";

export const ALERT_KINDS = ["low_stock", "out_of_codes", "few_remaining", "webhooks_off"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** What an alert was raised with. */
const AlertData = {
  /** Fewer codes are left than staff want to be told of. */
  low_stock: z.object({ awardNumber: z.int(), left: z.int(), lowStockAt: z.int() }),
  /** Nobody can be given a coupon of the award. */
  out_of_codes: z.object({ awardNumber: z.int() }),
  /** The award's limit of coupons comes near. */
  few_remaining: z.object({ awardNumber: z.int(), remaining: z.int() }),
  /** An endpoint took nothing for days and was switched off. */
  webhooks_off: z.object({ host: z.string(), days: z.int() }),
} satisfies Record<AlertKind, z.ZodType>;

export interface AlertText {
  subject: string;
  text: string;
}

/** What staff read. `award`: its name, if the news is about one; `link`: where they look after it. */
export function writeAlert(kind: AlertKind, data: unknown, { shop, award, link }: { shop: string; award: string; link: string }): AlertText {
  const { subject, lines } = sayAlert(kind, data, award);
  return { subject: `${subject} (${shop})`, text: [...lines, "", link, "", `You are told because your address is in the settings of ${shop}. Change it there.`].join("\n") };
}

function sayAlert(kind: AlertKind, data: unknown, award: string): { subject: string; lines: string[] } {
  switch (kind) {
    case "low_stock": {
      const { left, lowStockAt } = AlertData.low_stock.parse(data);
      const codes = left === 1 ? "1 code is" : `${left.toLocaleString("en")} codes are`;
      return {
        subject: `Codes run low: ${award}`,
        lines: [`Only ${codes} left for “${award}”. You wanted to be told below ${lowStockAt.toLocaleString("en")}.`, "Add codes, or keep a larger stock. You hear of it again when the stock was filled and runs low once more."],
      };
    }
    case "out_of_codes":
      return {
        subject: `No codes left: ${award}`,
        lines: [`No code of “${award}” can be given out. Customers who ask for one are refused, and keep their points.`, "Add codes, or look at the award for what keeps them off Shopify."],
      };
    case "few_remaining": {
      const { remaining } = AlertData.few_remaining.parse(data);
      return {
        subject: `Nearly all given out: ${award}`,
        lines: [`${remaining === 1 ? "1 coupon" : `${remaining.toLocaleString("en")} coupons`} of “${award}” can still be given out before its limit is reached.`],
      };
    }
    case "webhooks_off": {
      const { host, days } = AlertData.webhooks_off.parse(data);
      return {
        subject: `Webhooks switched off: ${host}`,
        lines: [`${host} has taken none of your webhooks for ${days} days. Nothing is sent there any more.`, "Switch it on again when it works; what it missed can be sent again for 30 days."],
      };
    }
    default:
      return kind satisfies never;
  }
}
