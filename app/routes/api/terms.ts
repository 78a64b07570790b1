/** A coupon's terms in the words and units of integrators. Pure. */
import type { CouponTerms, COUPON_TYPES } from "../../contract/api/coupons";
import type { AwardKind } from "../../domain/awards/award";
import { gidTail } from "../../lib/gid";
import { exactMinor, minorDigits } from "../../lib/money";

const TYPES: Record<AwardKind, (typeof COUPON_TYPES)[number]> = { fixed_amount: "fixed", percentage: "percentage", free_shipping: "shipping", free_product: "product", custom: "custom" };

/** What a coupon takes off, by its award's kind. */
export function couponType(kind: AwardKind) {
  return TYPES[kind];
}

/** Minor units as a number of major ones: 1250 EUR → 12.5. */
export function amountOf(minor: number | bigint, currency: string): number {
  return exactMinor(minor) / 10 ** minorDigits(currency);
}

/** The same for an amount that may be missing. */
export function amountOrNull(minor: number | null, currency: string): number | null {
  return minor === null ? null : amountOf(minor, currency);
}

/** Everything the terms are made of. */
export interface TermsFacts {
  code: string;
  award: {
    number: number;
    name: string;
    kind: AwardKind;
    value: number;
    currency: string;
    capMinor: number | null;
    minOrderMinor: number | null;
    maxOrderMinor: number | null;
    usesPerCustomer: number | null;
    startsAt: Date;
    redeemableFrom: Date | null;
    giftVariantGid: string | null;
    productGids: string[];
    variantGids: string[];
    collectionGids: string[];
    locationIds: string[];
    combinesOrder: boolean;
    combinesProduct: boolean;
    combinesShipping: boolean;
  };
  /** Of this one coupon; nulls: as the award says. */
  valueMinor: number | null;
  minOrderMinor: number | null;
  usageLimit: number | null;
  endsAt: Date | null;
}

/** The terms as both published forms of an answer have them. */
export function couponTerms({ code, award, valueMinor, minOrderMinor, usageLimit, endsAt }: TermsFacts): CouponTerms {
  const { currency } = award;
  const variants = award.giftVariantGid ? [...award.variantGids, award.giftVariantGid] : award.variantGids;
  return {
    code,
    type: couponType(award.kind),
    value: award.kind === "fixed_amount" ? amountOf(valueMinor ?? award.value, currency) : award.value,
    currency,
    usageLimit: usageLimit ?? -1,
    limitPerCustomer: award.usesPerCustomer ?? -1,
    startDate: startOf(award).toISOString(),
    expiryDate: endsAt?.toISOString() ?? null,
    capping: amountOrNull(award.capMinor, currency),
    minOrderValue: amountOrNull(minOrderMinor ?? award.minOrderMinor, currency),
    maxOrderValue: amountOrNull(award.maxOrderMinor, currency),
    entitledProductIds: idsOf(award.productGids),
    entitledVariantIds: idsOf(variants),
    entitledCollectionIds: idsOf(award.collectionGids),
    entitledMerchantIds: award.locationIds.length > 0 ? award.locationIds : null,
    combinesWith: { orderDiscounts: award.combinesOrder, productDiscounts: award.combinesProduct, shippingDiscounts: award.combinesShipping },
    ruleId: award.number,
    name: award.name,
  };
}

/** From when a coupon of the award can be used. */
export function startOf({ startsAt, redeemableFrom }: { startsAt: Date; redeemableFrom: Date | null }): Date {
  return redeemableFrom && redeemableFrom > startsAt ? redeemableFrom : startsAt;
}

function idsOf(gids: string[]): string[] | null {
  return gids.length > 0 ? gids.map(gidTail) : null;
}
