/** Whose is a code on Shopify? */
import { storedCode } from "../../domain/codes/list";
import { findByCode, findOwners, OWNERS_PER_CALL } from "../../shopify/operations/discounts";
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
  const node = found.answer?.codeDiscount.codes?.nodes.find((each) => storedCode(each.code) === storedCode(code));
  return { discountGid: found.answer?.id ?? null, codeGid: node?.id ?? null };
}

/** The discounts' gids that have these codes (null: none), by code. */
export async function ownersOf({ admin }: Pick<Push, "admin">, codes: string[]): Promise<Map<string, string | null> | Exclude<Worked, { outcome: "done" }>> {
  const owners = new Map<string, string | null>();
  for (let done = 0; done < codes.length; done += OWNERS_PER_CALL) {
    const batch = codes.slice(done, done + OWNERS_PER_CALL);
    const found = await admin.call(findOwners(batch.length), Object.fromEntries(batch.map((code, index) => [`c${index}`, code])));
    if (found.outcome !== "ok") return setback(found);
    batch.forEach((code, index) => owners.set(code, found.answer[index] ?? null));
  }
  return owners;
}
