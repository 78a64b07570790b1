/** What the discount Function is told about a discount. Pure. */
import { FunctionConfiguration } from "../../contract/function-configuration";
import { gidTail } from "../../lib/gid";
import { toDecimal } from "../../lib/money";
import type { DiscountTerms } from "./discount-terms";

const LAST_MINUTE = 24 * 60;

/** The configuration as it is stored. Throws on terms that no Function can carry: they must not have been saved. */
export function configurationOf(terms: DiscountTerms): FunctionConfiguration {
  const { productGids, variantGids, collectionGids, fromMinute, untilMinute } = terms;
  const money = (minor: number | null) => (minor === null ? null : toDecimal(minor, terms.currency));
  return FunctionConfiguration.parse({
    ...windows(fromMinute, untilMinute),
    value: valueOf(terms),
    currency: { code: terms.currency, only: terms.foreignCurrency },
    minimum: money(terms.minOrderMinor),
    maximum: money(terms.maxOrderMinor),
    scoped: productGids.length + variantGids.length + collectionGids.length > 0,
    productIds: productGids.map(gidTail),
    variantIds: variantGids.map(gidTail),
    collectionIds: collectionGids,
    weekdays: terms.weekdays,
    monthDays: terms.monthDays,
    maxOrders: terms.firstOrderOnly ? 0 : terms.maxOrders,
    customerId: terms.customerGids?.length === 1 ? (terms.customerGids[0] ?? null) : null,
    channels: terms.channels,
  });
}

function valueOf({ kind, value, capMinor, currency, giftVariantGid }: DiscountTerms): FunctionConfiguration["value"] {
  switch (kind) {
    case "percentage":
      return { kind: "percentage", percentage: value, cap: capMinor === null ? null : toDecimal(capMinor, currency) };
    case "fixed_amount":
      return { kind: "amount", amount: toDecimal(value, currency) };
    case "free_product":
      return { kind: "gift", variantId: gidTail(giftVariantGid ?? "") };
    case "free_shipping":
      return { kind: "shipping" };
    case "custom":
      throw new Error("what a custom award is worth, only its integrator knows");
    default:
      return kind satisfies never;
  }
}

/** Hours as windows that do not run over midnight: until is exclusive, and the last second of a window is the one before it. */
function windows(from: number | null, until: number | null) {
  if (from === null || until === null) return { hours: false, ...dayParts([0, LAST_MINUTE], [0, LAST_MINUTE]) };
  const [begin, end] = [from % LAST_MINUTE, until % LAST_MINUTE || LAST_MINUTE];
  const parts = begin < end ? dayParts([begin, end], [begin, end]) : dayParts([begin, LAST_MINUTE], [0, end]);
  return { hours: true, ...parts };
}

type Minutes = [from: number, until: number];

function dayParts([firstFrom, firstUntil]: Minutes, [secondFrom, secondUntil]: Minutes) {
  return { firstFrom: clock(firstFrom * 60), firstUntil: clock(firstUntil * 60 - 1), secondFrom: clock(secondFrom * 60), secondUntil: clock(secondUntil * 60 - 1) };
}

function clock(second: number): string {
  return new Date(second * 1000).toISOString().slice(11, 19);
}
