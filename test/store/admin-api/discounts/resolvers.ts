/** Queries and mutations about discounts. */
import type { DiscountKind, StoreDiscount } from "../../discount-records";
import { tellOfDiscount } from "../../discount-payload";
import { codeKey } from "../../state";
import { exactCount, page } from "../connection";
import type { AdminContext, RootResolvers } from "../context";
import type { ListArgs } from "../list";
import { startedJob } from "../jobs";
import { presentUserErrors } from "../user-error";
import type { DiscountInput } from "./input";
import { metafieldMutations } from "./metafields";
import { activateDiscount, deactivateDiscount, deleteDiscount, type LifecycleAnswer, type Where } from "./lifecycle";
import { presentAutomaticNode, presentCodeNode, presentDiscount, presentDiscountNode } from "./present";
import { redeemCodeMutations, redeemCodeQueries } from "./redeem-codes";
import { createDiscount, type Saved, updateDiscount } from "./save";
import { listDiscounts, searchDiscounts } from "./search";
import { chooseBySelector, type Selector } from "./selector";

type Method = StoreDiscount["method"];

export const discountQueries: RootResolvers = {
  ...redeemCodeQueries,
  discountNode: byId(presentDiscountNode),
  codeDiscountNode: byId(presentCodeNode, "code"),
  automaticDiscountNode: byId(presentAutomaticNode, "automatic"),
  discountNodes: list("DiscountNodeConnection", presentDiscountNode),
  codeDiscountNodes: list("DiscountCodeNodeConnection", presentCodeNode, "code"),
  automaticDiscountNodes: list("DiscountAutomaticNodeConnection", presentAutomaticNode, "automatic"),
  discountNodesCount: (_source: unknown, args: ListArgs, context: AdminContext) => exactCount(searchDiscounts(context, { query: args.query ?? null }).length),
  discountCodesCount: (_source: unknown, _args: unknown, { state }: AdminContext) => exactCount(state.codes.size),
  codeDiscountNodeByCode: (_source: unknown, { code }: { code: string }, context: AdminContext) => {
    const found = context.state.codes.get(codeKey(code));
    const discount = found && context.state.discounts.get(found.discountGid);
    return discount ? presentCodeNode(discount, context) : null;
  },
};

export const discountMutations: RootResolvers = {
  ...redeemCodeMutations,
  ...metafieldMutations,
  ...saves("discountCodeBasic", "basicCodeDiscount", "basic", "code"),
  ...saves("discountCodeFreeShipping", "freeShippingCodeDiscount", "freeShipping", "code"),
  ...saves("discountCodeBxgy", "bxgyCodeDiscount", "bxgy", "code"),
  ...saves("discountCodeApp", "codeAppDiscount", "app", "code"),
  ...saves("discountAutomaticBasic", "automaticBasicDiscount", "basic", "automatic"),
  ...saves("discountAutomaticFreeShipping", "freeShippingAutomaticDiscount", "freeShipping", "automatic"),
  ...saves("discountAutomaticBxgy", "automaticBxgyDiscount", "bxgy", "automatic"),
  ...saves("discountAutomaticApp", "automaticAppDiscount", "app", "automatic"),
  ...lifecycle("discountCode", "code"),
  ...lifecycle("discountAutomatic", "automatic"),
};

function byId(present: (discount: StoreDiscount, context: AdminContext) => unknown, method?: Method) {
  return (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const discount = context.state.discounts.get(id);
    return discount && (!method || discount.method === method) ? present(discount, context) : null;
  };
}

function list(typename: string, present: (discount: StoreDiscount, context: AdminContext) => unknown, method?: Method) {
  return (_source: unknown, args: ListArgs, context: AdminContext) => {
    const found = listDiscounts(context, args).filter((discount) => !method || discount.method === method);
    const { query: _query, ...paging } = args;
    return page(typename, found, { ...paging, reverse: false }, (discount) => discount.gid, (discount) => present(discount, context));
  };
}

/** The create and update mutations of one kind of discount. */
function saves(prefix: string, argument: string, kind: DiscountKind, method: Method): RootResolvers {
  const answer = (saved: Saved, context: AdminContext) => ({
    ...nodeField(saved.discount, kind, method, context),
    userErrors: presentUserErrors("DiscountUserError", saved.errors),
  });
  const subject = { argument, kind, method };
  return {
    [`${prefix}Create`]: (_source: unknown, args: Record<string, DiscountInput>, context: AdminContext) =>
      answer(told(createDiscount(context.state, context.now, args[argument] ?? {}, subject), "discounts/create", context), context),
    [`${prefix}Update`]: (_source: unknown, args: Record<string, DiscountInput> & { id: string }, context: AdminContext) =>
      answer(told(updateDiscount(context.state, context.now, args.id, args[argument] ?? {}, subject), "discounts/update", context), context),
  };
}

function told(saved: Saved, topic: "discounts/create" | "discounts/update", { emit, state, now }: AdminContext): Saved {
  if (saved.discount) tellOfDiscount(emit, state, now, topic, saved.discount);
  return saved;
}

/** The payload's own field for the discount: app discounts come bare, the others as nodes. */
function nodeField(discount: StoreDiscount | null, kind: DiscountKind, method: Method, context: AdminContext) {
  if (kind === "app") return { [method === "code" ? "codeAppDiscount" : "automaticAppDiscount"]: discount && presentDiscount(discount, context) };
  if (method === "code") return { codeDiscountNode: discount && presentCodeNode(discount, context) };
  return { automaticDiscountNode: discount && presentAutomaticNode(discount, context) };
}

/** Delete, activate, deactivate: one at a time and many. */
function lifecycle(prefix: string, method: Method): RootResolvers {
  const node = (discount: StoreDiscount, context: AdminContext) =>
    method === "code" ? { codeDiscountNode: presentCodeNode(discount, context) } : { automaticDiscountNode: presentAutomaticNode(discount, context) };
  const one = (act: (where: Where, gid: string, method: Method) => LifecycleAnswer) =>
    (_source: unknown, { id }: { id: string }, context: AdminContext) => {
      const { discount, errors } = act(context, id, method);
      const empty = method === "code" ? { codeDiscountNode: null } : { automaticDiscountNode: null };
      return { ...(discount ? node(discount, context) : empty), userErrors: presentUserErrors("DiscountUserError", errors) };
    };
  const many = (act: (where: Where, gid: string, method: Method) => LifecycleAnswer) =>
    (_source: unknown, args: Selector, context: AdminContext) => {
      const found = (query: string) => searchDiscounts(context, { query }).filter((discount) => discount.method === method).map((discount) => discount.gid);
      const choice = chooseBySelector(args, { ids: (gids) => gids, search: found, emptyIds: null }, method === "automatic");
      if ("error" in choice) return { job: null, userErrors: presentUserErrors("DiscountUserError", [choice.error]) };
      for (const gid of choice.chosen) act(context, gid, method);
      return { job: method === "code" ? startedJob(context) : null, userErrors: [] };
    };
  const deletedField = method === "code" ? "deletedCodeDiscountId" : "deletedAutomaticDiscountId";
  return {
    [`${prefix}Delete`]: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
      const { discount, errors } = deleteDiscount(context, id, method);
      return { [deletedField]: discount?.gid ?? null, userErrors: presentUserErrors("DiscountUserError", errors) };
    },
    [`${prefix}Activate`]: one(activateDiscount),
    [`${prefix}Deactivate`]: one(deactivateDiscount),
    [`${prefix}BulkDelete`]: many(deleteDiscount),
    [`${prefix}BulkActivate`]: many(activateDiscount),
    [`${prefix}BulkDeactivate`]: many(deactivateDiscount),
  };
}
