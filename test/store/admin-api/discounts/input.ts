/** The inputs of the discount mutations, as one shape: each mutation's own input is a part of it, checked by the schema. */

export interface ItemsInput {
  all?: boolean | null;
  products?: {
    productsToAdd?: string[] | null;
    productsToRemove?: string[] | null;
    productVariantsToAdd?: string[] | null;
    productVariantsToRemove?: string[] | null;
  } | null;
  collections?: { add?: string[] | null; remove?: string[] | null } | null;
}

export interface ValueInput {
  percentage?: number | null;
  discountAmount?: { amount?: string | null; appliesOnEachItem?: boolean | null } | null;
  discountOnQuantity?: { quantity?: string | null; effect?: { percentage?: number | null; amount?: string | null } | null } | null;
}

export interface ChangeInput {
  add?: string[] | null;
  remove?: string[] | null;
}

export interface DiscountInput {
  title?: string | null;
  code?: string | null;
  startsAt?: string | null;
  endsAt?: string | null;
  context?: { all?: "ALL" | null; customers?: ChangeInput | null; customerSegments?: ChangeInput | null } | null;
  customerSelection?: {
    all?: boolean | null;
    customers?: ChangeInput | null;
    customerSegments?: ChangeInput | null;
  } | null;
  customerGets?: { items?: ItemsInput | null; value?: ValueInput | null; appliesOnOneTimePurchase?: boolean | null; appliesOnSubscription?: boolean | null } | null;
  customerBuys?: { items?: ItemsInput | null; value?: { quantity?: string | null; amount?: string | null } | null; isOneTimePurchase?: boolean | null; isSubscription?: boolean | null } | null;
  minimumRequirement?: {
    subtotal?: { greaterThanOrEqualToSubtotal?: string | null } | null;
    quantity?: { greaterThanOrEqualToQuantity?: string | null } | null;
  } | null;
  usageLimit?: number | null;
  appliesOncePerCustomer?: boolean | null;
  combinesWith?: { orderDiscounts?: boolean | null; productDiscounts?: boolean | null; shippingDiscounts?: boolean | null } | null;
  recurringCycleLimit?: number | null;
  usesPerOrderLimit?: number | null;
  tags?: string[] | null;
  destination?: { all?: boolean | null; countries?: { add?: string[] | null; remove?: string[] | null; includeRestOfWorld?: boolean | null } | null } | null;
  maximumShippingPrice?: string | null;
  appliesOnOneTimePurchase?: boolean | null;
  appliesOnSubscription?: boolean | null;
  functionId?: string | null;
  functionHandle?: string | null;
  discountClasses?: ("ORDER" | "PRODUCT" | "SHIPPING")[] | null;
  metafields?: MetafieldInput[] | null;
}

export interface MetafieldInput {
  namespace?: string | null;
  key?: string | null;
  type?: string | null;
  value?: string | null;
}
