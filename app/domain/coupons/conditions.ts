/** Why a code cannot be used: every unmet condition at once, each with the smallest thing that would change it. Pure. */
import { UNJUDGED, type RefusedCode, type Unjudged, type UseRefusal } from "../../contract/refusals";
import { couponStatus } from "./coupon";
import { codeLimit, expiryOf, inOwnUnits, usableIssuance, type Cart, type CodeFacts, type UseAward, type UseLine } from "./use";
import { gapEndsAt, nextOpening, shutWindows } from "./windows";

/** One code of a call, with its award. */
export interface KnownCode {
  facts: CodeFacts;
  award: UseAward;
}

/** Every condition that a use of the code at `at` does not meet; empty: it can be used. */
export function unmetConditions({ facts, award }: KnownCode, cart: Cart, at: Date): UseRefusal[] {
  const unmet = [
    ...standing(facts, award, at),
    ...ownership(facts, award, cart),
    ...period(award, at),
    ...limits(facts, award),
    ...orderBounds(facts, award, inOwnUnits(cart, award.currency)),
    ...scope(award, cart),
    ...windows(award, at),
    ...gap(facts, award, at),
    ...newCustomers(facts, award, cart),
    ...place(facts, award, cart),
  ];
  return cart.customerId === null && asksWho({ facts, award }) ? [...unmet, { reason: "customer_needed" }] : unmet;
}

/** Whether a rule needs to know who uses the code. */
function asksWho({ facts, award }: KnownCode): boolean {
  const isFree = facts.status === "available" && !facts.shared;
  const belongs = (!award.shareable || facts.boundCustomerId !== null) && !isFree;
  return belongs || award.usesPerCustomer !== null || award.redeemGapDays !== null || asksForNewCustomers({ facts, award });
}

/** Rules of the award whose facts the caller left out: neither met nor unmet. */
export function unjudgedRules({ facts, award }: KnownCode, cart: Cart): Unjudged[] {
  const open: Record<Unjudged, boolean> = {
    order_amount: (minimumOf(facts, award) !== null || award.maxOrderMinor !== null) && cart.totalMinor === undefined,
    scope: hasScope(award) && !namesProducts(cart),
    location: hasPlaces(award) && cart.merchantId === undefined,
    channel: award.channels.length > 0 && cart.channel === undefined,
  };
  return UNJUDGED.filter((rule) => open[rule]);
}

/** Where the coupon stands in its life. */
function standing(facts: CodeFacts, award: UseAward, at: Date): UseRefusal[] {
  const expiredAt = expiryOf(facts);
  const limit = codeLimit(facts, award);
  const status = couponStatus({ status: facts.status, expiresAt: expiredAt }, award, at);
  if (status === "revoked" || (!facts.shared && facts.issuance !== null && !usableIssuance(facts))) return [{ reason: "coupon_revoked" }];
  if (status === "archived") return [{ reason: "coupon_archived" }];
  // A coupon that ends with its award is told by the award's end.
  if (expiredAt !== null && expiredAt <= at) return [{ reason: "coupon_expired", expiredAt: expiredAt.toISOString() }];
  if (status === "available" && !facts.shared) return [{ reason: "not_issued" }];
  if (isUsable(facts, award)) return [];
  return [limit === null || limit === 1 ? { reason: "coupon_redeemed" } : { reason: "code_limit_reached", limit }];
}

/** Whether the code has a use left, locked or not. */
function isUsable(facts: CodeFacts, award: UseAward): boolean {
  const limit = codeLimit(facts, award);
  return facts.status !== "redeemed" && (limit === null || facts.usesCount < limit);
}

/** Anyone may use a shareable code that somebody was given; else only who holds it. */
function ownership(facts: CodeFacts, award: UseAward, { customerId }: Cart): UseRefusal[] {
  if (facts.status === "available" && !facts.shared) return [];
  if (facts.shared && !facts.issuedToSomebody) return [{ reason: "not_issued" }];
  if (customerId === null) return [];
  const isBoundElsewhere = facts.boundCustomerId !== null && facts.boundCustomerId !== customerId;
  const owner = facts.shared ? usableIssuance(facts)?.customerId : facts.issuance?.customerId;
  return isBoundElsewhere || (!award.shareable && owner !== customerId) ? [{ reason: "not_owner" }] : [];
}

function period({ status, startsAt, redeemableFrom, endsAt }: UseAward, at: Date): UseRefusal[] {
  const unmet: UseRefusal[] = [];
  if (status !== "active") unmet.push({ reason: "award_inactive" });
  if (startsAt > at) unmet.push({ reason: "not_started", startsAt: startsAt.toISOString() });
  else if (redeemableFrom !== null && redeemableFrom > at) unmet.push({ reason: "not_redeemable_yet", redeemableFrom: redeemableFrom.toISOString() });
  if (endsAt !== null && endsAt <= at) unmet.push({ reason: "award_ended", endedAt: endsAt.toISOString() });
  return unmet;
}

/** What others, or the customer, have used and locked. */
function limits(facts: CodeFacts, award: UseAward): UseRefusal[] {
  const unmet: UseRefusal[] = [];
  const ofCode = codeLimit(facts, award);
  if (ofCode !== null && isUsable(facts, award) && facts.lockedUntil !== null && facts.usesCount + facts.codeLocks >= ofCode) {
    unmet.push({ reason: "locked_by_another", until: facts.lockedUntil.toISOString() });
  }
  const { usesPerCustomer, usesTotal } = award;
  if (usesPerCustomer !== null && facts.customerUses + facts.customerLocks >= usesPerCustomer) unmet.push({ reason: "customer_limit_reached", limit: usesPerCustomer });
  if (usesTotal !== null && facts.awardUsed + facts.awardLocks >= usesTotal) unmet.push({ reason: "award_limit_reached", limit: usesTotal });
  return unmet;
}

function minimumOf({ minOrderMinor }: CodeFacts, award: UseAward): number | null {
  return minOrderMinor ?? award.minOrderMinor;
}

function orderBounds(facts: CodeFacts, award: UseAward, { totalMinor, currency = award.currency }: Cart): UseRefusal[] {
  const [minimumMinor, maximumMinor] = [minimumOf(facts, award), award.maxOrderMinor];
  const countsMoney = award.kind === "fixed_amount" || award.capMinor !== null || minimumMinor !== null || maximumMinor !== null;
  if (currency !== award.currency) return countsMoney ? [{ reason: "wrong_currency", currency: award.currency }] : [];
  if (totalMinor === undefined) return [];
  if (minimumMinor !== null && totalMinor < minimumMinor) return [{ reason: "minimum_order", minimumMinor, missingMinor: minimumMinor - totalMinor, currency }];
  if (maximumMinor !== null && totalMinor > maximumMinor) return [{ reason: "maximum_order", maximumMinor, excessMinor: totalMinor - maximumMinor, currency }];
  return [];
}

type Scope = Pick<UseAward, "productGids" | "variantGids" | "collectionGids">;

/** Whether the award is for some products only. */
export function hasScope({ productGids, variantGids, collectionGids }: Scope): boolean {
  return productGids.length + variantGids.length + collectionGids.length > 0;
}

/** Whether the award is for this line. */
export function isInScope(scope: Scope, { productGid, variantGid, collectionGids = [] }: UseLine): boolean {
  if (!hasScope(scope)) return true;
  return (
    (productGid !== undefined && scope.productGids.includes(productGid)) ||
    (variantGid !== undefined && scope.variantGids.includes(variantGid)) ||
    collectionGids.some((gid) => scope.collectionGids.includes(gid))
  );
}

const namesProducts = ({ productGids, variantGids, collectionGids, lines }: Cart) => [productGids, variantGids, collectionGids, lines].some((told) => told !== undefined);

function scope(award: UseAward, cart: Cart): UseRefusal[] {
  if (!hasScope(award) || !namesProducts(cart)) return [];
  const { productGids = [], variantGids = [], collectionGids = [], lines = [] } = cart;
  const meets =
    productGids.some((gid) => award.productGids.includes(gid)) ||
    variantGids.some((gid) => award.variantGids.includes(gid)) ||
    collectionGids.some((gid) => award.collectionGids.includes(gid)) ||
    lines.some((line) => isInScope(award, line));
  return meets ? [] : [{ reason: "nothing_in_scope", productGids: award.productGids, variantGids: award.variantGids, collectionGids: award.collectionGids }];
}

function windows(award: UseAward, at: Date): UseRefusal[] {
  const shut = shutWindows(award, at);
  if (shut.length === 0) return [];
  const opensAt = nextOpening(award, at)?.toISOString() ?? null;
  return shut.map((window): UseRefusal => {
    switch (window) {
      case "weekday":
        return { reason: "wrong_weekday", weekdays: award.weekdays, opensAt };
      case "month_day":
        return { reason: "wrong_month_day", monthDays: award.monthDays, opensAt };
      case "hour":
        return { reason: "wrong_hour", fromMinute: award.fromMinute ?? 0, untilMinute: award.untilMinute ?? 0, opensAt };
      default:
        return window satisfies never;
    }
  });
}

/** A lock of the customer's own may become a use at any moment: it counts as one now. */
function gap(facts: CodeFacts, { redeemGapDays, timeZone }: UseAward, at: Date): UseRefusal[] {
  const last = facts.customerLocks > 0 ? at : facts.lastUsedAt;
  if (redeemGapDays === null || last === null) return [];
  const from = gapEndsAt(last, redeemGapDays, timeZone);
  return from > at ? [{ reason: "too_soon", from: from.toISOString() }] : [];
}

function asksForNewCustomers({ facts, award }: KnownCode): boolean {
  const { registeredFrom, registeredUntil, maxOrders, firstOrderOnly } = award;
  return registeredFrom !== null || registeredUntil !== null || maxOrders !== null || firstOrderOnly || facts.firstOrderOnly;
}

/** A customer whose registration we do not know cannot be shown to be a new one. */
function newCustomers(facts: CodeFacts, award: UseAward, { customerId }: Cart): UseRefusal[] {
  if (customerId === null) return [];
  const unmet: UseRefusal[] = [];
  const { registeredFrom, registeredUntil, maxOrders } = award;
  const { registeredAt } = facts;
  const isOutside = registeredAt === null || (registeredFrom !== null && registeredAt < registeredFrom) || (registeredUntil !== null && registeredAt > registeredUntil);
  if ((registeredFrom !== null || registeredUntil !== null) && isOutside) {
    unmet.push({ reason: "registered_outside", registeredFrom: registeredFrom?.toISOString() ?? null, registeredUntil: registeredUntil?.toISOString() ?? null });
  }
  const ordersCount = facts.ordersCount ?? 0;
  if ((award.firstOrderOnly || facts.firstOrderOnly) && ordersCount > 0) unmet.push({ reason: "not_first_order" });
  if (maxOrders !== null && ordersCount > maxOrders) unmet.push({ reason: "too_many_orders", maxOrders, ordersCount });
  return unmet;
}

const hasPlaces = ({ locationIds, zones, concepts }: UseAward) => locationIds.length + zones.length + concepts.length > 0;

function place(facts: CodeFacts, award: UseAward, { merchantId, channel }: Cart): UseRefusal[] {
  const { locationIds, zones, concepts, channels } = award;
  const unmet: UseRefusal[] = [];
  if (hasPlaces(award) && merchantId !== undefined) {
    const fits = locationIds.includes(merchantId) || (facts.zone !== null && zones.includes(facts.zone)) || (facts.concept !== null && concepts.includes(facts.concept));
    if (!fits) unmet.push(facts.placeKnown ? { reason: "wrong_location", locationIds, zones, concepts } : { reason: "location_unknown", location: merchantId });
  }
  if (channels.length > 0 && channel !== undefined && !channels.includes(channel)) unmet.push({ reason: "wrong_channel", channels });
  return unmet;
}

/** What a discount is taken off, which decides what it combines with. */
type DiscountClass = "order" | "product" | "shipping";

/** What decides which discounts an award's combine with. */
export type Combining = Pick<UseAward, "kind" | "productGids" | "variantGids" | "collectionGids" | "combinesOrder" | "combinesProduct" | "combinesShipping">;

function classOf(award: Combining): DiscountClass {
  if (award.kind === "free_shipping") return "shipping";
  return award.kind === "free_product" || hasScope(award) ? "product" : "order";
}

function combinesWith(award: Combining, other: Combining): boolean {
  const against = classOf(other);
  switch (against) {
    case "order":
      return award.combinesOrder;
    case "product":
      return award.combinesProduct;
    case "shipping":
      return award.combinesShipping;
    default:
      return against satisfies never;
  }
}

/** Codes of one call that cannot stand beside each other: both awards must allow it, and two free shippings never do. */
export function clashes(codes: readonly KnownCode[]): RefusedCode[] {
  return codes.flatMap(({ facts: { code }, award }) => {
    const against = codes.filter((other) => other.facts.code !== code && !canCombine(award, other.award)).map((other) => other.facts.code);
    return against.length ? [{ code, refusals: [{ reason: "cannot_combine", codes: against }] }] : [];
  });
}

function canCombine(one: Combining, other: Combining): boolean {
  if (classOf(one) === "shipping" && classOf(other) === "shipping") return false;
  return combinesWith(one, other) && combinesWith(other, one);
}

/** A code on a checkout, with the award it is of; null: not a code of ours. */
export interface AppliedCode {
  code: string;
  award: Combining | null;
}

/**
 * Codes beside which Shopify will not take a coupon of this award. What a code that is not ours combines with is not known: it stands in the
 * way of an award that combines with nothing.
 */
export function codesInTheWay(award: Combining, applied: readonly AppliedCode[]): string[] {
  const combinesWithNothing = !award.combinesOrder && !award.combinesProduct && !award.combinesShipping;
  return applied.filter((other) => (other.award === null ? combinesWithNothing : !canCombine(award, other.award))).map(({ code }) => code);
}
