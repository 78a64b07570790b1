/** Whose is a code on Shopify? */
import { findByCode } from "../../shopify/operations/discounts";
import { setback, type Push, type Worked } from "../work";

export interface CodeOwner {
  /** Null: no discount has the code. */
  discountGid: string | null;
  /** The code's own gid, where Shopify names it. */
  codeGid: string | null;
}

/** The discount that has this code, asked of Shopify. */
export async function ownerOf({ admin }: Push, code: string): Promise<CodeOwner | Exclude<Worked, { outcome: "done" }>> {
  const found = await admin.call(findByCode, { code, query: `code:${code}` });
  if (found.outcome !== "ok") return setback(found);
  const node = found.answer?.codeDiscount.codes?.nodes.find((each) => each.code.toUpperCase() === code.toUpperCase());
  return { discountGid: found.answer?.id ?? null, codeGid: node?.id ?? null };
}
