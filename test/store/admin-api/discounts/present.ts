/** Discounts as the Admin API shows them. */
import { gidTail } from "../../../../app/lib/gid";
import type { DiscountContext, DiscountItems, DiscountMinimum, DiscountValue, RedeemCode, StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { exactCount, page, type PageArgs } from "../connection";
import type { AdminContext, Presented } from "../context";
import { presentCustomer } from "../customers";
import { presentFunctionType } from "../functions";
import { type ListArgs, type Listing, listPage } from "../list";
import { moneyV2 } from "../money";
import { presentCollection, presentProduct, presentVariant } from "../products";
import { presentSegment } from "../segments";
import { statusOf } from "./status";
import { summaryOf } from "./summary";

const TYPENAMES = {
  code: { basic: "DiscountCodeBasic", bxgy: "DiscountCodeBxgy", freeShipping: "DiscountCodeFreeShipping", app: "DiscountCodeApp" },
  automatic: { basic: "DiscountAutomaticBasic", bxgy: "DiscountAutomaticBxgy", freeShipping: "DiscountAutomaticFreeShipping", app: "DiscountAutomaticApp" },
} as const;

/** The node of a code discount. */
export function presentCodeNode(discount: StoreDiscount, context: AdminContext): Presented {
  return { __typename: "DiscountCodeNode", id: discount.gid, codeDiscount: () => presentDiscount(discount, context), ...metafieldsOf(discount) };
}

/** The node of an automatic discount. */
export function presentAutomaticNode(discount: StoreDiscount, context: AdminContext): Presented {
  return { __typename: "DiscountAutomaticNode", id: discount.gid, automaticDiscount: () => presentDiscount(discount, context), ...metafieldsOf(discount) };
}

/** The node of either kind, as discountNode and discountNodes give it. */
export function presentDiscountNode(discount: StoreDiscount, context: AdminContext): Presented {
  return { __typename: "DiscountNode", id: discount.gid, discount: () => presentDiscount(discount, context), ...metafieldsOf(discount) };
}

/** The discount itself. */
export function presentDiscount(discount: StoreDiscount, context: AdminContext): Presented {
  const { state, now } = context;
  return {
    __typename: TYPENAMES[discount.method][discount.kind],
    discountId: discount.gid,
    title: discount.title,
    status: statusOf(discount, now),
    summary: () => summaryOf(state, discount),
    shortSummary: () => summaryOf(state, discount),
    startsAt: discount.startsAt,
    endsAt: discount.endsAt,
    createdAt: discount.createdAt,
    updatedAt: discount.updatedAt,
    asyncUsageCount: () => codesOf(state, discount).reduce((sum, code) => sum + code.uses, 0),
    usageLimit: discount.usageLimit,
    appliesOncePerCustomer: discount.oncePerCustomer,
    discountClasses: discount.classes,
    discountClass: discount.classes[0] ?? "ORDER",
    combinesWith: { __typename: "DiscountCombinesWith", ...discount.combinesWith },
    context: () => presentContext(discount.context, context),
    customerGets: () => presentGets(discount, context),
    customerBuys: () => presentBuys(discount, context),
    minimumRequirement: presentMinimum(discount.minimum, state.currency),
    appliesOnOneTimePurchase: discount.oneTimePurchase,
    appliesOnSubscription: discount.subscription,
    recurringCycleLimit: discount.recurringCycleLimit,
    usesPerOrderLimit: discount.usesPerOrderLimit,
    destinationSelection: presentDestination(discount, state.shipsTo),
    maximumShippingPrice: discount.maximumShippingPrice === null ? null : moneyV2(discount.maximumShippingPrice, state.currency),
    tags: discount.tags,
    hasTimelineComment: false,
    totalSales: moneyV2("0.0", state.currency),
    codes: (args: ListArgs) => listPage(codeListing(discount, context), args),
    codesCount: () => exactCount(discount.codeKeys.size),
    appDiscountType: () => presentFunctionType(state, discount.functionId),
  };
}

export function presentCode(code: RedeemCode, context: AdminContext): Presented {
  return { __typename: "DiscountRedeemCode", id: code.gid, code: code.code, asyncUsageCount: code.uses, createdBy: { __typename: "App", title: context.appTitle } };
}

function codeListing(discount: StoreDiscount, context: AdminContext): Listing<RedeemCode> {
  return {
    typename: "DiscountRedeemCodeConnection",
    noun: "codes",
    rows: codesOf(context.state, discount),
    fieldsOf: (code) => ({ text: [code.code], contains: { code: code.code }, exact: { id: gidTail(code.gid) }, numbers: { times_used: () => code.uses } }),
    sortBy: { CODE: (code) => code.code, CREATED_AT: (code) => Number(gidTail(code.gid)) },
    gidOf: (code) => code.gid,
    present: (code) => presentCode(code, context),
  };
}

function codesOf(state: ShopState, discount: StoreDiscount): RedeemCode[] {
  return [...discount.codeKeys].flatMap((key) => state.codes.get(key) ?? []);
}

function presentContext(held: DiscountContext, context: AdminContext): Presented {
  switch (held.type) {
    case "all":
      return { __typename: "DiscountBuyerSelectionAll", all: "ALL" };
    case "customers":
      return {
        __typename: "DiscountCustomers",
        customers: held.customerGids.flatMap((gid) => {
          const customer = context.state.customers.get(gid);
          return customer ? [presentCustomer(customer, context)] : [];
        }),
      };
    case "segments":
      return {
        __typename: "DiscountCustomerSegments",
        segments: held.segmentGids.flatMap((gid) => {
          const segment = context.state.segments.get(gid);
          return segment ? [presentSegment(segment)] : [];
        }),
      };
  }
}

function presentGets(discount: StoreDiscount, context: AdminContext): Presented | null {
  if (!discount.gets) return null;
  return {
    __typename: "DiscountCustomerGets",
    value: presentValue(discount.gets.value, context.state.currency),
    items: presentItems(discount.gets.items, context),
    appliesOnOneTimePurchase: discount.oneTimePurchase,
    appliesOnSubscription: discount.subscription,
  };
}

function presentBuys(discount: StoreDiscount, context: AdminContext): Presented | null {
  if (!discount.buys) return null;
  const { value, items } = discount.buys;
  return {
    __typename: "DiscountCustomerBuys",
    items: presentItems(items, context),
    value: "quantity" in value ? { __typename: "DiscountQuantity", quantity: value.quantity } : { __typename: "DiscountPurchaseAmount", amount: value.amount },
    isOneTimePurchase: true,
    isSubscription: false,
  };
}

function presentValue(value: DiscountValue, currency: string): Presented {
  switch (value.type) {
    case "percentage":
      return { __typename: "DiscountPercentage", percentage: value.percentage };
    case "amount":
      return { __typename: "DiscountAmount", amount: moneyV2(value.amount, currency), appliesOnEachItem: value.onEachItem };
    case "quantity":
      return {
        __typename: "DiscountOnQuantity",
        quantity: { __typename: "DiscountQuantity", quantity: value.quantity },
        effect:
          "percentage" in value.effect
            ? { __typename: "DiscountPercentage", percentage: value.effect.percentage }
            : { __typename: "DiscountAmount", amount: moneyV2(value.effect.amount, currency), appliesOnEachItem: false },
      };
  }
}

function presentItems(items: DiscountItems, context: AdminContext): Presented {
  const { state } = context;
  switch (items.type) {
    case "all":
      return { __typename: "AllDiscountItems", allItems: true };
    case "products": {
      const products = items.productGids.flatMap((gid) => state.products.get(gid) ?? []);
      const variants = [...state.products.values()].flatMap((product) =>
        product.variants.filter((variant) => items.variantGids.includes(variant.gid)).map((variant) => ({ product, variant })),
      );
      return {
        __typename: "DiscountProducts",
        products: (args: PageArgs) => page("ProductConnection", products, args, (product) => product.gid, (product) => presentProduct(product, context)),
        productVariants: (args: PageArgs) =>
          page("ProductVariantConnection", variants, args, (row) => row.variant.gid, (row) => presentVariant(row.product, row.variant, context)),
      };
    }
    case "collections": {
      const collections = items.collectionGids.flatMap((gid) => state.collections.get(gid) ?? []);
      return {
        __typename: "DiscountCollections",
        collections: (args: PageArgs) => page("CollectionConnection", collections, args, (collection) => collection.gid, (collection) => presentCollection(collection, context)),
      };
    }
  }
}

function presentMinimum(minimum: DiscountMinimum | null, currency: string): Presented | null {
  switch (minimum?.type) {
    case undefined:
      return null;
    case "subtotal":
      return { __typename: "DiscountMinimumSubtotal", greaterThanOrEqualToSubtotal: moneyV2(minimum.subtotal, currency) };
    case "quantity":
      return { __typename: "DiscountMinimumQuantity", greaterThanOrEqualToQuantity: minimum.quantity };
  }
}

function presentDestination({ destination }: StoreDiscount, shipsTo: readonly string[]): Presented | null {
  switch (destination?.type) {
    case undefined:
      return null;
    case "all":
      return { __typename: "DiscountCountryAll", allCountries: true };
    case "countries":
      return { __typename: "DiscountCountries", countries: destination.countries.filter((code) => shipsTo.includes(code)), includeRestOfWorld: destination.restOfWorld };
  }
}

/** A metafield of a discount. */
export function presentMetafield(field: StoreDiscount["metafields"][number]): Presented {
  return {
    __typename: "Metafield",
    id: field.gid,
    namespace: field.namespace,
    key: field.key,
    type: field.type,
    value: field.value,
    jsonValue: field.type === "json" ? (JSON.parse(field.value) as unknown) : field.value,
  };
}

function metafieldsOf(discount: StoreDiscount) {
  return {
    metafield: ({ namespace, key }: { namespace?: string | null; key: string }) => {
      const found = discount.metafields.find((field) => field.key === key && (namespace == null || field.namespace === namespace));
      return found ? presentMetafield(found) : null;
    },
    metafields: (args: PageArgs) => page("MetafieldConnection", discount.metafields, args, (field) => field.gid, presentMetafield),
  };
}
