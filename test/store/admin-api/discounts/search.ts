/** The lists of discounts: filtered by Shopify's search terms and sorted. */
import { gidTail } from "../../../../app/lib/gid";
import type { StoreDiscount } from "../../discount-records";
import type { AdminContext } from "../context";
import { type ListArgs, listRows } from "../list";
import type { SearchFields } from "../search-terms";
import { statusOf } from "./status";

/** The discounts a list shows: a filtered list comes from an index that learns of changes a little later; counts do not. */
export function listDiscounts(context: AdminContext, args: ListArgs): StoreDiscount[] {
  const found = searchDiscounts(context, args);
  return args.query ? found.filter((discount) => Date.parse(discount.updatedAt) + context.searchLagMs <= context.now.getTime()) : found;
}

/** The discounts that fit every term, in the order asked for. */
export function searchDiscounts(context: AdminContext, args: ListArgs): StoreDiscount[] {
  const found = listRows({ noun: "discounts", rows: context.state.discounts.values(), fieldsOf: (discount) => fieldsOf(discount, context), sortBy: SORT_BY }, args);
  return args.reverse ? found.reverse() : found;
}

const SORT_BY: Readonly<Record<string, (discount: StoreDiscount) => string | number>> = {
  TITLE: (discount) => discount.title.toLowerCase(),
  CREATED_AT: (discount) => Date.parse(discount.createdAt),
  UPDATED_AT: (discount) => Date.parse(discount.updatedAt),
  STARTS_AT: (discount) => Date.parse(discount.startsAt),
  ENDS_AT: (discount) => (discount.endsAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(discount.endsAt)),
};

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
      id: gidTail(discount.gid),
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
