/** A discount's terms in Shopify's words, for each form a discount can have there. Pure. */
import { FUNCTION_HANDLE } from "../../contract/function-configuration";
import { toDecimal } from "../../lib/money";
import type { BasicInput, CustomersInput, DiscountInput, FreeShippingInput, FunctionInput, ItemsInput } from "../../shopify/operations/discounts";
import type { DiscountTerms } from "./discount-terms";

/** What a discount on Shopify names already: lists there are changed by what is added and removed. */
export interface Named {
  customerGids: string[];
  productGids: string[];
  variantGids: string[];
  collectionGids: string[];
  /** Whether it lasts for more payments of a subscription than a discount does that nothing was said about. */
  recurs: boolean;
}
export const NOTHING_NAMED: Named = { customerGids: [], productGids: [], variantGids: [], collectionGids: [], recurs: false };

/** An amount or a percentage off everything, or off some products. */
export function basicInput(terms: DiscountTerms, named: Named): BasicInput {
  const { subscriptions, cycles } = recurring(terms, named);
  return {
    ...sharedInput(terms, named),
    ...cycles,
    customerGets: { value: discountValue(terms), items: items(terms, named), ...subscriptions },
    minimumRequirement: minimum(terms),
  };
}

export function freeShippingInput(terms: DiscountTerms, named: Named): FreeShippingInput {
  const { subscriptions, cycles } = recurring(terms, named);
  const shared = sharedInput(terms, named);
  // Two discounts on shipping never combine, and Shopify refuses the wish.
  return { ...shared, ...cycles, ...subscriptions, combinesWith: { ...shared.combinesWith, shippingDiscounts: false }, destination: { all: true }, minimumRequirement: minimum(terms) };
}

/** The rest of the terms stands in the Function's configuration. */
export function functionInput(terms: DiscountTerms, named: Named): FunctionInput {
  // Shopify takes a Function's discount to be for subscriptions, for their first payment.
  const { cycles } = recurring(terms, named);
  return { ...sharedInput(terms, named), ...cycles, functionHandle: FUNCTION_HANDLE, discountClasses: [discountClass(terms)] };
}

function sharedInput(terms: DiscountTerms, named: Named): DiscountInput {
  return {
    title: terms.name,
    startsAt: terms.startsAt.toISOString(),
    endsAt: terms.endsAt && wholeSeconds(terms.endsAt),
    context: terms.customerGids ? { customers: change(terms.customerGids, named.customerGids) } : { all: "ALL" },
    usageLimit: terms.usageLimit,
    // Shopify counts this per code. Only where all customers share one code does that mean what the award means.
    appliesOncePerCustomer: terms.codeSource === "single" && terms.usesPerCustomer === 1,
    combinesWith: { orderDiscounts: terms.combinesOrder, productDiscounts: terms.combinesProduct, shippingDiscounts: terms.combinesShipping },
  };
}

/** Shopify cuts fractions of a second off; a coupon must not end before its last millisecond. */
function wholeSeconds(end: Date): string {
  return new Date(Math.ceil(end.getTime() / 1000) * 1000).toISOString();
}

function change(wanted: string[], there: string[]): CustomersInput {
  return { add: wanted, remove: there.filter((gid) => !wanted.includes(gid)) };
}

function items({ productGids, variantGids, collectionGids }: DiscountTerms, named: Named): ItemsInput {
  if (collectionGids.length > 0) return { collections: change(collectionGids, named.collectionGids) };
  if (productGids.length + variantGids.length === 0) return { all: true };
  const [products, variants] = [change(productGids, named.productGids), change(variantGids, named.variantGids)];
  return { products: { productsToAdd: products.add, productsToRemove: products.remove, productVariantsToAdd: variants.add, productVariantsToRemove: variants.remove } };
}

interface Recurring {
  subscriptions: { appliesOnSubscription?: boolean };
  cycles: { recurringCycleLimit?: number };
}

/**
 * How many payments of a subscription the discount lasts. One that is for once says nothing about subscriptions: a shop
 * without them is not known to take a word about them; one that was for more is set back.
 */
function recurring({ duration, durationMonths }: DiscountTerms, { recurs }: Named): Recurring {
  const subscriptions = { appliesOnSubscription: true };
  switch (duration) {
    case "once":
      return recurs ? { subscriptions: { appliesOnSubscription: false }, cycles: { recurringCycleLimit: 1 } } : { subscriptions: {}, cycles: {} };
    case "forever":
      return { subscriptions, cycles: { recurringCycleLimit: 0 } };
    case "months":
      return { subscriptions, cycles: { recurringCycleLimit: durationMonths ?? 1 } };
    default:
      return duration satisfies never;
  }
}

function minimum({ minOrderMinor, currency }: DiscountTerms): BasicInput["minimumRequirement"] {
  return minOrderMinor === null ? null : { subtotal: { greaterThanOrEqualToSubtotal: toDecimal(minOrderMinor, currency) } };
}

function discountValue({ kind, value, currency }: DiscountTerms): BasicInput["customerGets"]["value"] {
  switch (kind) {
    case "fixed_amount":
      return { discountAmount: { amount: toDecimal(value, currency), appliesOnEachItem: false } };
    case "percentage":
      return { percentage: value / 100 };
    case "free_shipping":
    case "free_product":
    case "custom":
      throw new Error(`a basic discount cannot be ${kind}`);
    default:
      return kind satisfies never;
  }
}

function discountClass({ kind, productGids, variantGids, collectionGids }: DiscountTerms): "ORDER" | "PRODUCT" | "SHIPPING" {
  if (kind === "free_shipping") return "SHIPPING";
  return kind === "free_product" || productGids.length + variantGids.length + collectionGids.length > 0 ? "PRODUCT" : "ORDER";
}
