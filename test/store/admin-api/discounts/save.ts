/** Makes and changes discounts of every kind. */
import type { DiscountClass, DiscountContext, DiscountItems, DiscountKind, DiscountMinimum, DiscountValue, RedeemCode, StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { codeKey, isoSeconds, nextGid } from "../../state";
import { findFunction } from "../functions";
import { userError, type UserError } from "../user-error";
import { checkDiscount, type CheckSubject } from "./check";
import type { ChangeInput, DiscountInput, ItemsInput, MetafieldInput, ValueInput } from "./input";

export type Saved = { discount: StoreDiscount; errors: [] } | { discount: null; errors: UserError[] };

/** Makes a discount, with its first code if it is a code discount. */
export function createDiscount(state: ShopState, now: Date, input: DiscountInput, subject: Omit<CheckSubject, "existing">): Saved {
  const errors = checkDiscount(state, input, { ...subject, existing: null });
  if (errors.length) return { discount: null, errors };
  const discount = emptyDiscount(state, now, subject);
  applyInput(discount, input, state);
  state.discounts.set(discount.gid, discount);
  if (subject.method === "code" && input.code) addCode(state, discount, input.code);
  return { discount, errors: [] };
}

/** Changes a discount; what the input leaves out stays. */
export function updateDiscount(state: ShopState, now: Date, gid: string, input: DiscountInput, subject: Omit<CheckSubject, "existing">): Saved {
  const discount = state.discounts.get(gid);
  if (!discount || discount.kind !== subject.kind || discount.method !== subject.method) {
    return { discount: null, errors: [userError(["id"], "Discount does not exist", null)] };
  }
  const errors = checkDiscount(state, input, { ...subject, existing: discount });
  if (errors.length) return { discount: null, errors };
  const [firstKey] = discount.codeKeys;
  const code = firstKey === undefined ? undefined : state.codes.get(firstKey);
  if (input.code != null && input.code !== code?.code && discount.codeKeys.size > 1) {
    return { discount: null, errors: [userError(["id"], "Cannot update the code of a bulk discount.", null)] };
  }
  if (input.code != null && code) renameCode(state, discount, code, input.code);
  applyInput(discount, input, state);
  discount.updatedAt = isoSeconds(now);
  return { discount, errors: [] };
}

/** Puts a code under a discount. The caller has checked that it is free. */
export function addCode(state: ShopState, discount: StoreDiscount, text: string): RedeemCode {
  const code: RedeemCode = { gid: nextGid(state, "DiscountRedeemCode"), code: text, discountGid: discount.gid, uses: 0, usedBy: [] };
  const key = codeKey(text);
  state.codes.set(key, code);
  state.codeKeysByGid.set(code.gid, key);
  discount.codeKeys.add(key);
  return code;
}

/** Takes a code away; unknown codes are nobody's loss. */
export function removeCode(state: ShopState, key: string): void {
  const code = state.codes.get(key);
  if (!code) return;
  state.codes.delete(key);
  state.codeKeysByGid.delete(code.gid);
  state.discounts.get(code.discountGid)?.codeKeys.delete(key);
}

function renameCode(state: ShopState, discount: StoreDiscount, code: RedeemCode, text: string): void {
  const [oldKey, key] = [codeKey(code.code), codeKey(text)];
  state.codes.delete(oldKey);
  discount.codeKeys.delete(oldKey);
  code.code = text;
  state.codes.set(key, code);
  state.codeKeysByGid.set(code.gid, key);
  discount.codeKeys.add(key);
}

function emptyDiscount(state: ShopState, now: Date, { kind, method }: Omit<CheckSubject, "existing">): StoreDiscount {
  const at = isoSeconds(now);
  return {
    gid: nextGid(state, method === "code" ? "DiscountCodeNode" : "DiscountAutomaticNode"),
    method,
    kind,
    title: "",
    startsAt: at,
    endsAt: null,
    createdAt: at,
    updatedAt: at,
    usageLimit: null,
    oncePerCustomer: false,
    combinesWith: { orderDiscounts: false, productDiscounts: false, shippingDiscounts: false },
    context: { type: "all" },
    classes: kind === "freeShipping" ? ["SHIPPING"] : kind === "bxgy" ? ["PRODUCT"] : ["ORDER"],
    gets: null,
    buys: null,
    minimum: null,
    oneTimePurchase: true,
    subscription: kind === "app",
    recurringCycleLimit: kind === "app" ? 1 : null,
    usesPerOrderLimit: null,
    destination: kind === "freeShipping" ? { type: "all" } : null,
    maximumShippingPrice: null,
    tags: [],
    functionId: null,
    metafields: [],
    codeKeys: new Set(),
  };
}

function applyInput(discount: StoreDiscount, input: DiscountInput, state: ShopState): void {
  if (input.title != null) discount.title = input.title;
  if (input.startsAt != null) discount.startsAt = isoSeconds(input.startsAt);
  if (input.endsAt !== undefined) discount.endsAt = input.endsAt === null ? null : isoSeconds(input.endsAt);
  if (input.usageLimit !== undefined) discount.usageLimit = input.usageLimit;
  if (input.appliesOncePerCustomer != null) discount.oncePerCustomer = input.appliesOncePerCustomer;
  if (input.recurringCycleLimit !== undefined) discount.recurringCycleLimit = input.recurringCycleLimit;
  if (input.usesPerOrderLimit !== undefined) discount.usesPerOrderLimit = input.usesPerOrderLimit;
  if (input.tags != null) discount.tags = input.tags;
  if (input.maximumShippingPrice !== undefined) discount.maximumShippingPrice = input.maximumShippingPrice;
  if (input.functionId != null || input.functionHandle != null) discount.functionId = findFunction(state, input)?.id ?? null;
  if (input.minimumRequirement !== undefined) discount.minimum = toMinimum(input.minimumRequirement);
  for (const key of ["orderDiscounts", "productDiscounts", "shippingDiscounts"] as const) {
    const wanted = input.combinesWith?.[key];
    if (wanted != null) discount.combinesWith[key] = wanted;
  }
  discount.context = toContext(discount.context, input);
  applyItems(discount, input);
  applyPurchaseTypes(discount, input);
  applyDestination(discount, input);
  for (const field of input.metafields ?? []) setMetafield(state, discount, field);
  discount.classes = classesOf(discount, input);
}

/** Sets one metafield of a discount: made, or given a new value. */
export function setMetafield(state: ShopState, discount: StoreDiscount, { namespace, key, type, value }: MetafieldInput): StoreDiscount["metafields"][number] {
  const found = discount.metafields.find((one) => one.namespace === (namespace ?? "") && one.key === (key ?? ""));
  if (found) return Object.assign(found, { value: value ?? "" });
  const made = { gid: nextGid(state, "Metafield"), namespace: namespace ?? "", key: key ?? "", type: type ?? "", value: value ?? "" };
  discount.metafields.push(made);
  return made;
}

function applyItems(discount: StoreDiscount, input: DiscountInput): void {
  const { customerGets: gets, customerBuys: buys } = input;
  if (gets) {
    const before = discount.gets ?? { value: { type: "percentage", percentage: 0 }, items: { type: "all" } };
    discount.gets = { value: toValue(gets.value) ?? before.value, items: toItems(before.items, gets.items) };
  }
  if (buys) {
    const before = discount.buys ?? { value: { quantity: "1" }, items: { type: "all" } };
    const value = buys.value?.quantity != null ? { quantity: buys.value.quantity } : buys.value?.amount != null ? { amount: buys.value.amount } : before.value;
    discount.buys = { value, items: toItems(before.items, buys.items) };
  }
}

function applyPurchaseTypes(discount: StoreDiscount, input: DiscountInput): void {
  discount.oneTimePurchase = input.appliesOnOneTimePurchase ?? input.customerGets?.appliesOnOneTimePurchase ?? discount.oneTimePurchase;
  discount.subscription = input.appliesOnSubscription ?? input.customerGets?.appliesOnSubscription ?? discount.subscription;
}

function applyDestination(discount: StoreDiscount, input: DiscountInput): void {
  if (input.destination?.all) discount.destination = { type: "all" };
  const countries = input.destination?.countries;
  if (!countries) return;
  const before = discount.destination?.type === "countries" ? discount.destination.countries : [];
  const removed = new Set(countries.remove ?? []);
  const kept = [...before.filter((code) => !removed.has(code)), ...(countries.add ?? [])];
  discount.destination = { type: "countries", countries: [...new Set(kept)], restOfWorld: countries.includeRestOfWorld ?? false };
}

/** The class follows from what the discount is off; only app discounts choose. */
function classesOf(discount: StoreDiscount, input: DiscountInput): DiscountClass[] {
  const kind: DiscountKind = discount.kind;
  switch (kind) {
    case "app":
      return input.discountClasses ?? discount.classes;
    case "freeShipping":
      return ["SHIPPING"];
    case "bxgy":
      return ["PRODUCT"];
    case "basic":
      return discount.gets?.items.type === "all" ? ["ORDER"] : ["PRODUCT"];
  }
}

function toValue(input: ValueInput | null | undefined): DiscountValue | null {
  if (input?.percentage != null) return { type: "percentage", percentage: input.percentage };
  if (input?.discountAmount) return { type: "amount", amount: input.discountAmount.amount ?? "0", onEachItem: input.discountAmount.appliesOnEachItem ?? false };
  const onQuantity = input?.discountOnQuantity;
  if (!onQuantity) return null;
  const effect = onQuantity.effect?.amount != null ? { amount: onQuantity.effect.amount } : { percentage: onQuantity.effect?.percentage ?? 0 };
  return { type: "quantity", quantity: onQuantity.quantity ?? "1", effect };
}

function toItems(before: DiscountItems, input: ItemsInput | null | undefined): DiscountItems {
  if (!input) return before;
  if (input.collections) {
    const held = before.type === "collections" ? before.collectionGids : [];
    return { type: "collections", collectionGids: changed(held, input.collections.add, input.collections.remove) };
  }
  if (input.products) {
    const held = before.type === "products" ? before : { productGids: [], variantGids: [] };
    return {
      type: "products",
      productGids: changed(held.productGids, input.products.productsToAdd, input.products.productsToRemove),
      variantGids: changed(held.variantGids, input.products.productVariantsToAdd, input.products.productVariantsToRemove),
    };
  }
  return input.all ? { type: "all" } : before;
}

function toContext(before: DiscountContext, input: DiscountInput): DiscountContext {
  const wanted = input.context ?? input.customerSelection;
  if (!wanted) return before;
  if (wanted.all) return { type: "all" };
  const change = (held: string[], by: ChangeInput) => changed(held, by.add, by.remove);
  if (wanted.customers) return { type: "customers", customerGids: change(before.type === "customers" ? before.customerGids : [], wanted.customers) };
  if (wanted.customerSegments) return { type: "segments", segmentGids: change(before.type === "segments" ? before.segmentGids : [], wanted.customerSegments) };
  return before;
}

function toMinimum(input: DiscountInput["minimumRequirement"]): DiscountMinimum | null {
  const subtotal = input?.subtotal?.greaterThanOrEqualToSubtotal;
  const quantity = input?.quantity?.greaterThanOrEqualToQuantity;
  if (subtotal != null) return { type: "subtotal", subtotal };
  if (quantity != null) return { type: "quantity", quantity };
  return null;
}

function changed(held: string[], add: string[] | null | undefined, remove: string[] | null | undefined): string[] {
  const gone = new Set(remove ?? []);
  return [...new Set([...held.filter((gid) => !gone.has(gid)), ...(add ?? [])])];
}
