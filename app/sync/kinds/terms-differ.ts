/** What a discount on Shopify says otherwise than its award: in words, for staff to compare. Pure. */
import { isDeepStrictEqual } from "node:util";
import { FunctionConfiguration } from "../../contract/function-configuration";
import { formatMoney, toMinor } from "../../lib/money";
import type { FoundTerms } from "../../shopify/operations/discount-terms";
import { configurationOf } from "./configuration";
import { basicInput, freeShippingInput, functionInput, NOTHING_NAMED } from "./discount-input";
import { discountForm, type DiscountForm, type DiscountTerms } from "./discount-terms";

export interface Difference {
  term: string;
  ours: string;
  theirs: string;
}

const FORMS: Record<string, DiscountForm> = { DiscountCodeBasic: "basic", DiscountCodeFreeShipping: "free_shipping", DiscountCodeApp: "function" };

/** Whether the discount takes nothing off now though its award would: it ended, or has not begun. */
export function isOff({ discount }: FoundTerms, terms: DiscountTerms, now: Date): boolean {
  const isOpen = (from: Date, until: Date | null) => from <= now && (until === null || until > now);
  return isOpen(terms.startsAt, terms.endsAt) && !isOpen(discount.startsAt, discount.endsAt);
}

/**
 * The terms that differ. Its title is not one of them: it says nothing about what the discount does. `isActive`: whether the award lets
 * its codes work; of one that does not, only a discount that goes on working is a difference.
 */
export function differences(found: FoundTerms, terms: DiscountTerms, { isActive, shopCurrency, now }: { isActive: boolean; shopCurrency: string; now: Date }): Difference[] {
  if (!isActive) return found.discount.status === "ACTIVE" ? [{ term: "Status", ours: "off", theirs: "active" }] : [];
  const ours = wanted(terms, shopCurrency);
  const theirs = standing(found, shopCurrency);
  const isEnded = isOff(found, terms, now);
  const differing = Object.keys(ours).flatMap((term) => (ours[term] === theirs[term] ? [] : [{ term, ours: cut(ours[term] ?? "none"), theirs: cut(theirs[term] ?? "none") }]));
  const configured = discountForm(terms) !== "function" || isConfigured(found, terms) ? [] : [{ term: "Rules", ours: "as the award says", theirs: "something else" }];
  // Dates that are out of the way are what switches it off: told as that.
  return [...differing.filter(({ term }) => !(isEnded && (term === "Begins" || term === "Ends"))), ...configured];
}

type Said = Record<string, string>;

/** What we would put there. */
function wanted(terms: DiscountTerms, currency: string): Said {
  const form = discountForm(terms);
  switch (form) {
    case "basic": {
      const input = basicInput(terms, NOTHING_NAMED);
      const { items, value } = input.customerGets;
      const named = "collections" in items ? items.collections.add : "products" in items ? [...items.products.productsToAdd, ...items.products.productVariantsToAdd] : [];
      const off = "percentage" in value ? percent(value.percentage) : money(value.discountAmount.amount, currency);
      return { Kind: form, ...shared(input), Value: off, Minimum: minimum(input.minimumRequirement?.subtotal.greaterThanOrEqualToSubtotal ?? null, currency), Products: list(named) };
    }
    case "free_shipping": {
      const input = freeShippingInput(terms, NOTHING_NAMED);
      return { Kind: form, ...shared(input), Minimum: minimum(input.minimumRequirement?.subtotal.greaterThanOrEqualToSubtotal ?? null, currency) };
    }
    case "function":
      return { Kind: form, ...shared(functionInput(terms, NOTHING_NAMED)) };
    default:
      return form satisfies never;
  }
}

type Shared = Pick<ReturnType<typeof functionInput>, "startsAt" | "endsAt" | "usageLimit" | "appliesOncePerCustomer" | "combinesWith" | "context">;

function shared({ startsAt, endsAt, usageLimit, appliesOncePerCustomer, combinesWith, context }: Shared): Said {
  return {
    Begins: instant(new Date(startsAt)), Ends: endsAt === null ? "never" : instant(new Date(endsAt)), "Uses of one code": usageLimit === null ? "any number" : String(usageLimit),
    "Once per customer": appliesOncePerCustomer ? "yes" : "no", Customers: list("customers" in context ? context.customers.add : []), "Combines with": combines(combinesWith),
  };
}

/** What is there. */
function standing({ discount }: FoundTerms, currency: string): Said {
  const { context, customerGets, minimumRequirement, combinesWith, startsAt, endsAt, usageLimit, appliesOncePerCustomer } = discount;
  const said: Said = {
    Kind: FORMS[discount.__typename] ?? discount.__typename,
    Begins: instant(startsAt), Ends: endsAt === null ? "never" : instant(endsAt), "Uses of one code": usageLimit === null ? "any number" : String(usageLimit),
    "Once per customer": appliesOncePerCustomer ? "yes" : "no",
    Customers: context.segments ? "a segment" : list(context.customers?.map(({ id }) => id) ?? []), "Combines with": combines(combinesWith),
    Minimum: minimumRequirement?.greaterThanOrEqualToQuantity ? `${minimumRequirement.greaterThanOrEqualToQuantity} items` : minimum(minimumRequirement?.greaterThanOrEqualToSubtotal?.amount ?? null, currency),
  };
  if (!customerGets) return said;
  const { value, items } = customerGets;
  const named = [...(items.products ?? []), ...(items.productVariants ?? []), ...(items.collections ?? [])];
  return { ...said, Value: value.percentage !== undefined ? percent(value.percentage) : value.amount ? money(value.amount.amount, currency) : "something else", Products: list(named) };
}

function isConfigured({ metafield }: FoundTerms, terms: DiscountTerms): boolean {
  const read = FunctionConfiguration.safeParse(JSON.parse(metafield?.value ?? "null"));
  return read.success && isDeepStrictEqual(read.data, configurationOf(terms));
}

/** Shopify keeps whole seconds. */
function instant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100} %`;
}

function money(amount: string, currency: string): string {
  return formatMoney(toMinor(amount, currency), currency);
}

function minimum(amount: string | null, currency: string): string {
  return amount === null ? "none" : money(amount, currency);
}

/** By their ids: names would have to be asked for. */
function list(gids: string[]): string {
  return gids.length === 0 ? "all" : gids.map((gid) => gid.split("/").slice(-2).join(" ")).sort().join(", ");
}

const SHOWN = 120;

/** As much of it as staff read. */
function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function combines({ orderDiscounts, productDiscounts, shippingDiscounts }: { orderDiscounts: boolean; productDiscounts: boolean; shippingDiscounts: boolean }): string {
  const classes = [orderDiscounts && "order", productDiscounts && "product", shippingDiscounts && "shipping"].filter((one) => one !== false);
  return classes.length === 0 ? "nothing" : `${classes.join(", ")} discounts`;
}
