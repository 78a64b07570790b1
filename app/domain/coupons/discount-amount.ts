/** What a coupon takes off, in integer minor units. Pure. */
import { hasScope, isInScope, type KnownCode } from "./conditions";
import { inOwnUnits, type Cart } from "./use";

export interface Discounted {
  code: string;
  /** Minor units of the award's currency. Null: not an amount (free shipping, free product, custom), or nobody told of what. */
  discountMinor: number | null;
}

/**
 * What each code of one use takes off. Every code looks at the amounts before all of them, as order discounts of Shopify do;
 * together they never take more than there is: the later code gets what the earlier left. Percentages are rounded half up
 * to the minor unit, then cut to their cap.
 */
export function discountsOf(codes: readonly KnownCode[], cart: Cart): Discounted[] {
  const own = ({ award }: KnownCode) => inOwnUnits(cart, award.currency);
  let left = (codes[0] && totalOf(own(codes[0]))) ?? Number.MAX_SAFE_INTEGER;
  return codes.map((known) => {
    const wanted = discountOf(known, own(known));
    if (wanted === null) return { code: known.facts.code, discountMinor: null };
    const discountMinor = Math.min(wanted, left);
    left -= discountMinor;
    return { code: known.facts.code, discountMinor };
  });
}

function totalOf({ totalMinor, lines }: Cart): number | undefined {
  return totalMinor ?? lines?.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

function discountOf({ facts, award }: KnownCode, cart: Cart): number | null {
  if (cart.currency !== undefined && cart.currency !== award.currency) return null;
  const base = discountable({ facts, award }, cart);
  switch (award.kind) {
    case "fixed_amount": {
      const value = facts.issuance?.valueMinor ?? facts.valueMinor ?? award.value;
      return base === null ? value : Math.min(value, base);
    }
    case "percentage":
      return base === null ? null : Math.min(percentOf(base, award.value), award.capMinor ?? Number.MAX_SAFE_INTEGER);
    case "free_shipping":
    case "free_product":
    case "custom":
      return null;
    default:
      return award.kind satisfies never;
  }
}

/** The part of the order that the discount is taken off; null: not told. */
function discountable({ award }: KnownCode, cart: Cart): number | null {
  if (cart.lines) return cart.lines.filter((line) => isInScope(award, line)).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  if (cart.totalMinor === undefined) return null;
  // Of a scoped percentage only the lines tell the part; a scoped amount is at most the whole.
  return hasScope(award) && award.kind === "percentage" ? null : cart.totalMinor;
}

/** In whole numbers throughout: amounts may be larger than a float multiplies exactly. */
function percentOf(amountMinor: number, percent: number): number {
  return Number((BigInt(amountMinor) * BigInt(percent) + 50n) / 100n);
}
