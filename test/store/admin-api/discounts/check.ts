/** What Shopify refuses in a discount, in its words and in its order. */
import type { DiscountKind, StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { codeKey } from "../../state";
import { badRequest } from "../errors";
import { findFunction } from "../functions";
import { userError, type UserError } from "../user-error";
import type { DiscountInput, ItemsInput, ValueInput } from "./input";

const MAX_INT = 2_147_483_647;
const MIN_INT = -2_147_483_648;
const MAX_AMOUNT = 1e18;

export interface CheckSubject {
  /** The mutation's argument, with which every field path begins. */
  argument: string;
  kind: DiscountKind;
  method: StoreDiscount["method"];
  /** The discount that is updated; null on create. */
  existing: StoreDiscount | null;
}

/** Every user error of the input. Throws the top-level errors Shopify gives for contradictory input. */
export function checkDiscount(state: ShopState, input: DiscountInput, subject: CheckSubject): UserError[] {
  refuseContradictions(input);
  return [
    ...checkTitle(input, subject),
    ...(subject.method === "code" ? checkCode(state, input, subject) : []),
    ...checkDates(input, subject),
    ...checkContext(input, subject),
    ...checkCombination(input, subject),
    ...checkLimits(input, subject),
    ...checkMinimum(input, subject),
    ...checkGets(state, input, subject),
    ...(subject.kind === "bxgy" ? checkBxgy(input, subject) : []),
    ...(subject.kind === "app" ? checkApp(state, input, subject) : []),
  ];
}

function refuseContradictions(input: DiscountInput): void {
  const value = input.customerGets?.value;
  const kinds = [value?.percentage, value?.discountAmount, value?.discountOnQuantity].filter((given) => given != null);
  if (kinds.length > 1) throw badRequest("A discount can only have one of percentage, discountOnQuantity or discountAmount.");
  for (const change of [input.context?.customers, input.context?.customerSegments, input.customerSelection?.customers]) {
    const both = change?.add?.filter((id) => change.remove?.includes(id)) ?? [];
    if (both.length) throw badRequest("The same id cannot be added and removed.");
  }
}

function checkTitle(input: DiscountInput, { argument, kind, existing }: CheckSubject): UserError[] {
  const field = [argument, "title"];
  const bare = kind === "app";
  if (existing && input.title === undefined) return [];
  if (!input.title?.trim()) return [userError(field, bare ? "can't be blank" : "Title can't be blank", bare ? "INVALID" : "BLANK")];
  if (input.title.length > 255) {
    const words = "is too long (maximum is 255 characters)";
    return [userError(field, bare ? words : `Title ${words}`, bare ? "INVALID" : "TOO_LONG")];
  }
  return [];
}

function checkCode(state: ShopState, input: DiscountInput, { argument, existing }: CheckSubject): UserError[] {
  const field = [argument, "code"];
  const code = input.code;
  if (existing && code === undefined) return [];
  if (code == null) return [userError(field, "Code can't be blank", "BLANK")];
  if (code === "") return [userError(field, "Code is too short (minimum is 1 character)", "TOO_SHORT")];
  if (/[\r\n]/.test(code)) return [userError(field, "Code cannot contain newline characters.", "INVALID")];
  if (code.length > 255) return [userError(field, "Code is too long (maximum is 255 characters)", "TOO_LONG")];
  const holder = state.codes.get(codeKey(code));
  if (holder && holder.discountGid !== existing?.gid) return [userError(field, "Code must be unique. Please try a different code.", "TAKEN")];
  return [];
}

function checkDates(input: DiscountInput, { argument, existing }: CheckSubject): UserError[] {
  const startsAt = input.startsAt ?? existing?.startsAt;
  if (!startsAt) return [userError([argument, "startsAt"], "Starts at can't be blank", "BLANK")];
  const endsAt = input.endsAt === undefined ? existing?.endsAt : input.endsAt;
  if (endsAt && Date.parse(endsAt) <= Date.parse(startsAt)) return [userError([argument, "endsAt"], "Ends at needs to be after starts_at", "INVALID")];
  return [];
}

function checkContext(input: DiscountInput, { argument, kind, method, existing }: CheckSubject): UserError[] {
  const given = [input.context, input.customerSelection].filter((one) => one != null);
  const required = method === "code" && kind !== "app" && !existing;
  // Documented as required; the words are assumed, no recording has them.
  if (given.length === 0 && required) return [userError([argument, "context"], "Context can't be blank", "BLANK")];
  if (given.length < 2) return [];
  return [userError([argument, "context"], "Only one of context or customerSelection can be provided.", "INVALID")];
}

function checkCombination(input: DiscountInput, { argument, kind }: CheckSubject): UserError[] {
  if (kind !== "freeShipping" || !input.combinesWith?.shippingDiscounts) return [];
  return [userError([argument, "combinesWith"], "The combinesWith settings are not valid for the discount class.", "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS")];
}

function checkLimits(input: DiscountInput, { argument, kind }: CheckSubject): UserError[] {
  const errors: UserError[] = [];
  const limit = input.usageLimit;
  const usage = [argument, "usageLimit"];
  if (limit != null && limit < 1) errors.push(userError(usage, "Usage limit must be greater than 0", "GREATER_THAN"));
  if (limit != null && limit < MIN_INT) errors.push(userError(usage, `Usage limit must be greater than or equal to ${MIN_INT}`, "GREATER_THAN_OR_EQUAL_TO"));
  if (limit != null && limit > MAX_INT) errors.push(userError(usage, `Usage limit must be less than or equal to ${MAX_INT}`, "LESS_THAN_OR_EQUAL_TO"));
  if (input.recurringCycleLimit != null && input.recurringCycleLimit > MAX_INT) {
    errors.push(userError([argument, "recurringCycleLimit"], `Recurring cycle limit must be less than or equal to ${MAX_INT}`, "LESS_THAN_OR_EQUAL_TO"));
  }
  if (kind === "bxgy" && input.usesPerOrderLimit === 0) {
    errors.push(userError([argument, "usesPerOrderLimit"], "Allocation limit cannot be zero", "VALUE_OUTSIDE_RANGE"));
  }
  return errors;
}

function checkMinimum(input: DiscountInput, { argument }: CheckSubject): UserError[] {
  const subtotal = input.minimumRequirement?.subtotal?.greaterThanOrEqualToSubtotal;
  const quantity = input.minimumRequirement?.quantity?.greaterThanOrEqualToQuantity;
  const subtotalField = [argument, "minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"];
  const quantityField = [argument, "minimumRequirement", "quantity", "greaterThanOrEqualToQuantity"];
  if (subtotal != null && quantity != null) {
    return [
      userError(subtotalField, "Minimum subtotal cannot be defined when minimum quantity is.", "CONFLICT"),
      userError(quantityField, "Minimum quantity cannot be defined when minimum subtotal is.", "CONFLICT"),
    ];
  }
  if (subtotal != null && Number(subtotal) >= MAX_AMOUNT) return [userError(subtotalField, "Minimum subtotal must be less than 1000000000000000000", "LESS_THAN")];
  if (quantity != null && Number(quantity) >= MAX_INT) return [userError(quantityField, `Minimum quantity must be less than ${MAX_INT}`, "LESS_THAN")];
  return [];
}

function checkGets(state: ShopState, input: DiscountInput, { argument, kind, existing }: CheckSubject): UserError[] {
  if (kind === "freeShipping" || kind === "app") return [];
  const path = [argument, "customerGets"];
  const gets = input.customerGets;
  if (!gets) return existing ? [] : [userError(path, "Customer gets can't be blank", "BLANK")];
  const oneTime = gets.appliesOnOneTimePurchase ?? existing?.oneTimePurchase ?? true;
  const subscription = gets.appliesOnSubscription ?? existing?.subscription ?? false;
  if (!oneTime && !subscription) return [userError(path, "Discount must apply on one-time purchases or subscriptions.", "APPLIES_ON_NOTHING")];
  return [...checkValue(gets.value, [...path, "value"], kind), ...checkItems(state, gets.items, [...path, "items"])];
}

function checkValue(value: ValueInput | null | undefined, path: string[], kind: DiscountKind): UserError[] {
  if (!value) return [];
  if (value.percentage != null && !(value.percentage >= 0 && value.percentage <= 1)) {
    return [userError([...path, "percentage"], "Value must be between 0.0 and 1.0", "VALUE_OUTSIDE_RANGE")];
  }
  if (value.discountOnQuantity && kind === "basic") {
    return [userError([...path, "discountOnQuantity"], "discountOnQuantity field is only permitted with bxgy discounts.", "INVALID")];
  }
  const amount = value.discountAmount?.amount;
  const amountPath = [...path, "discountAmount", "amount"];
  // Shopify keeps the value with its sign turned, and its messages show that.
  if (amount != null && Number(amount) < 0) return [userError(amountPath, "Value must be less than or equal to 0", "LESS_THAN_OR_EQUAL_TO")];
  if (amount != null && Number(amount) >= MAX_AMOUNT) return [userError(amountPath, "Value must be greater than -1000000000000000000", "LESS_THAN")];
  return [];
}

function checkItems(state: ShopState, items: ItemsInput | null | undefined, path: string[]): UserError[] {
  if (!items) return [];
  if (items.collections && items.products) {
    return [userError([...path, "collections"], "Cannot entitle collections in combination with product variants or products", "CONFLICT")];
  }
  const variants = new Set([...state.products.values()].flatMap((product) => product.variants.map((variant) => variant.gid as string)));
  const unknown = (ids: string[] | null | undefined, known: (id: string) => boolean, field: string[], noun: string) =>
    (ids ?? []).filter((id) => !known(id)).map((id) => userError([...path, ...field], `${noun} with id: ${id.slice(id.lastIndexOf("/") + 1)} is invalid`, "INVALID"));
  return [
    ...unknown(items.products?.productsToAdd, (id) => state.products.has(id), ["products", "productsToAdd"], "Product"),
    ...unknown(items.products?.productVariantsToAdd, (id) => variants.has(id), ["products", "productVariantsToAdd"], "Product variant"),
    ...unknown(items.collections?.add, (id) => state.collections.has(id), ["collections", "add"], "Collection"),
  ];
}

function checkBxgy(input: DiscountInput, { argument }: CheckSubject): UserError[] {
  const errors: UserError[] = [];
  const ratio = "Prerequisite to entitlement quantity ratio";
  if (input.customerBuys?.value?.quantity === "0") {
    errors.push(userError([argument, "customerBuys", "value", "quantity"], `${ratio} antecedent must be greater than 0`, "GREATER_THAN"));
  }
  if (input.customerGets?.value?.discountOnQuantity?.quantity === "0") {
    errors.push(userError([argument, "customerGets", "value", "discountOnQuantity", "quantity"], `${ratio} consequent must be greater than 0`, "GREATER_THAN"));
  }
  if (input.customerGets?.items?.all) errors.push(userError([argument, "customerGets"], "Items in 'customer get' cannot be set to all", "INVALID"));
  return errors;
}

function checkApp(state: ShopState, input: DiscountInput, { argument, existing }: CheckSubject): UserError[] {
  const given = [input.functionId, input.functionHandle].filter((name) => name != null);
  if (given.length > 1) return [userError([argument], "Only one of functionId or functionHandle is allowed.", "MULTIPLE_FUNCTION_IDENTIFIERS")];
  if (given.length === 0 && !existing) return [userError([argument, "functionHandle"], "Function id can't be blank.", "MISSING_FUNCTION_IDENTIFIER")];
  if (given.length === 1 && !findFunction(state, input)) {
    const field = input.functionId != null ? "functionId" : "functionHandle";
    return [userError([argument, field], `Function ${given[0]} not found. Ensure that it is released in the current app, and that the app is installed.`, "INVALID")];
  }
  if (input.discountClasses?.length === 0) return [userError([argument, "discountClasses"], "Discount classes can't be empty.", "INVALID")];
  return [];
}
