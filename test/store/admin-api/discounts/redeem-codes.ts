/** Many codes under one discount: added in the background, taken away at once. */
import { tellOfCode } from "../../discount-payload";
import type { BulkCreation, RedeemCode, StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { codeKey, isoSeconds, nextGid } from "../../state";
import { page, type PageArgs } from "../connection";
import type { AdminContext, Presented, RootResolvers } from "../context";
import { finishedJob } from "../jobs";
import { presentUserErrors, userError, type UserError } from "../user-error";
import type { Where } from "./lifecycle";
import { presentCode, presentCodeNode } from "./present";
import { addCode, removeCode } from "./save";
import { chooseBySelector, type Selector } from "./selector";

export const redeemCodeMutations: RootResolvers = {
  discountRedeemCodeBulkAdd: (_source: unknown, args: { discountId: string; codes: { code: string }[] }, context: AdminContext) => {
    const { state } = context;
    const discount = codeDiscountOf(state, args.discountId);
    if (args.codes.length === 0) return refused("bulkCreation", userError(["codes"], "Codes can't be blank", "BLANK"));
    if (!discount) return refused("bulkCreation", userError(["discountId"], "Code discount does not exist.", "INVALID"));
    const creation: BulkCreation = {
      gid: nextGid(state, "DiscountRedeemCodeBulkCreation"),
      discountGid: discount.gid,
      createdAt: isoSeconds(context.now),
      readyAtMs: context.now.getTime() + context.bulkDelayMs,
      done: false,
      rows: args.codes.map(({ code }) => ({ code, redeemCodeGid: null, errors: [] })),
    };
    state.bulkCreations.set(creation.gid, creation);
    return { bulkCreation: presentCreation(creation, context), userErrors: [] };
  },

  discountCodeRedeemCodeBulkDelete: (_source: unknown, args: { discountId: string } & Selector, context: AdminContext) => {
    const { state } = context;
    const discount = codeDiscountOf(state, args.discountId);
    if (!discount) return refused("job", userError(["discountId"], "Code discount does not exist.", "INVALID"));
    const choice = chooseBySelector(args, {
      ids: (gids) => gids.flatMap((gid) => state.codeKeysByGid.get(gid) ?? []).filter((key) => discount.codeKeys.has(key)),
      search: (text) => [...discount.codeKeys].filter((key) => key.includes(codeKey(text.replace(/^code:/, "")))),
      emptyIds: userError(null, "Something went wrong, please try again.", null),
    });
    if ("error" in choice) return refused("job", choice.error);
    takeCodes(context, discount, choice.chosen);
    return { job: finishedJob(context), userErrors: [] };
  },
};

export const redeemCodeQueries: RootResolvers = {
  discountRedeemCodeBulkCreation: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const creation = context.state.bulkCreations.get(id);
    return creation ? presentCreation(creation, context) : null;
  },
};

/**
 * Does the background work whose time has come, and says whether there was some. Called before anything of the shop is looked at,
 * so that time alone moves it.
 */
export function settleBulkCreations(where: Where): boolean {
  const due = [...where.state.bulkCreations.values()].filter((creation) => !creation.done && creation.readyAtMs <= where.now.getTime());
  for (const creation of due) importCodes(where, creation);
  return due.length > 0;
}

/** Takes codes away from a discount, and tells of each. */
export function takeCodes({ state, now, emit }: Where, discount: StoreDiscount, keys: readonly string[]): void {
  for (const key of keys) {
    const code = state.codes.get(key);
    removeCode(state, key);
    if (code) tellOfCode(emit, now, "discounts/redeemcode_removed", discount.gid, code);
  }
  if (keys.length) discount.updatedAt = isoSeconds(now);
}

/** Puts a code under a discount, and tells of it. The caller has checked that it is free. */
export function putCode({ state, now, emit }: Where, discount: StoreDiscount, text: string): RedeemCode {
  const code = addCode(state, discount, text);
  tellOfCode(emit, now, "discounts/redeemcode_added", discount.gid, code);
  return code;
}

function importCodes(where: Where, creation: BulkCreation): void {
  const { state, now } = where;
  const discount = state.discounts.get(creation.discountGid);
  const seen = new Set<string>();
  for (const row of creation.rows) {
    row.errors = discount ? problemsOf(state, row.code, seen) : ["Code discount does not exist."];
    seen.add(codeKey(row.code));
    if (discount && row.errors.length === 0) row.redeemCodeGid = putCode(where, discount, row.code).gid;
  }
  if (discount && creation.rows.some((row) => row.redeemCodeGid)) discount.updatedAt = isoSeconds(now);
  creation.done = true;
}

/** Shopify's unprefixed sentences; the error's `code` is null, so these words are all a client has. */
function problemsOf(state: ShopState, code: string, seen: ReadonlySet<string>): string[] {
  if (code === "") return ["is too short (minimum is 1 character)"];
  if (/[\r\n]/.test(code)) return ["cannot contain newline characters."];
  if (code.length > 255) return ["is too long (maximum is 255 characters)"];
  if (seen.has(codeKey(code))) return ["Codes must be unique within BulkDiscountCodeCreation"];
  if (state.codes.has(codeKey(code))) return ["must be unique. Please try a different code."];
  return [];
}

function presentCreation(creation: BulkCreation, context: AdminContext): Presented {
  const { state } = context;
  const discount = state.discounts.get(creation.discountGid);
  const rows = creation.rows.map((row, index) => ({ ...row, gid: `${creation.gid}/${index + 1}` }));
  return {
    __typename: "DiscountRedeemCodeBulkCreation",
    id: creation.gid,
    done: creation.done,
    codesCount: rows.length,
    importedCount: rows.filter((row) => row.redeemCodeGid).length,
    failedCount: rows.filter((row) => row.errors.length > 0).length,
    createdAt: creation.createdAt,
    discountCode: discount ? presentCodeNode(discount, context) : null,
    codes: (args: PageArgs) =>
      page("DiscountRedeemCodeBulkCreationCodeConnection", rows, args, (row) => row.gid, (row) => ({
        __typename: "DiscountRedeemCodeBulkCreationCode",
        code: row.code,
        errors: presentUserErrors("DiscountUserError", row.errors.map((message) => userError(["code"], message, null))),
        discountRedeemCode: () => {
          const code = row.redeemCodeGid ? state.codes.get(state.codeKeysByGid.get(row.redeemCodeGid) ?? "") : undefined;
          return code ? presentCode(code, context) : null;
        },
      })),
  };
}

function codeDiscountOf(state: ShopState, gid: string): StoreDiscount | null {
  const discount = state.discounts.get(gid);
  return discount?.method === "code" ? discount : null;
}

function refused(field: string, error: UserError) {
  return { [field]: null, userErrors: presentUserErrors("DiscountUserError", [error]) };
}
