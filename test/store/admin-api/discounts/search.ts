/** The lists of discounts: filtered by Shopify's search terms and sorted. */
import type { StoreDiscount } from "../../discount-records";
import type { AdminContext } from "../context";
import { fitsTerms, type SearchFields } from "../search-terms";
import { statusOf } from "./status";

export interface SearchArgs {
  query?: string | null;
  sortKey?: string | null;
  reverse?: boolean | null;
}

/** The discounts a list shows: a filtered list comes from an index that learns of changes a little later; counts do not. */
export function listDiscounts(context: AdminContext, args: SearchArgs): StoreDiscount[] {
  const found = searchDiscounts(context, args);
  return args.query ? found.filter((discount) => Date.parse(discount.updatedAt) + context.searchLagMs <= context.now.getTime()) : found;
}

/** The discounts that fit every term, in the order asked for. */
export function searchDiscounts(context: AdminContext, { query, sortKey, reverse }: SearchArgs): StoreDiscount[] {
  const found = [...context.state.discounts.values()].filter((discount) => fitsTerms(query ?? "", fieldsOf(discount, context), "discounts"));
  found.sort((a, b) => compare(sortValue(a, sortKey), sortValue(b, sortKey)));
  return reverse ? found.reverse() : found;
}

function fieldsOf(discount: StoreDiscount, { state, now }: AdminContext): SearchFields {
  const [onlyCode] = discount.codeKeys;
  const status = statusOf(discount, now).toLowerCase();
  return {
    text: [discount.title],
    contains: { title: discount.title },
    exact: {
      status,
      method: discount.method,
      type: typeOf(discount),
      discount_type: typeOf(discount),
      id: discount.gid.slice(discount.gid.lastIndexOf("/") + 1),
      // Shopify does not look inside discounts of many codes.
      code: discount.codeKeys.size === 1 ? (onlyCode ?? null) : null,
    },
    many: { tag: discount.tags, discount_class: discount.classes },
    instants: { created_at: discount.createdAt, updated_at: discount.updatedAt, starts_at: discount.startsAt, ends_at: discount.endsAt },
    numbers: { times_used: () => [...discount.codeKeys].reduce((sum, key) => sum + (state.codes.get(key)?.uses ?? 0), 0) },
  };
}

/** The words of the `type` and `discount_type` filters. */
function typeOf(discount: StoreDiscount): string {
  switch (discount.kind) {
    case "app":
      return "app";
    case "bxgy":
      return "bogo";
    case "freeShipping":
      return "free_shipping";
    case "basic":
      return discount.gets?.value.type === "percentage" ? "percentage" : "fixed_amount";
  }
}

function sortValue(discount: StoreDiscount, sortKey: string | null | undefined): string | number {
  switch (sortKey) {
    case "TITLE":
      return discount.title.toLowerCase();
    case "CREATED_AT":
      return Date.parse(discount.createdAt);
    case "UPDATED_AT":
      return Date.parse(discount.updatedAt);
    case "STARTS_AT":
      return Date.parse(discount.startsAt);
    case "ENDS_AT":
      return discount.endsAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(discount.endsAt);
    default:
      return Number(discount.gid.slice(discount.gid.lastIndexOf("/") + 1));
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
