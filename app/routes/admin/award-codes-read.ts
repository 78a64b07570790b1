/** The forms of an award's codes page, read: text and ticks become what the verbs ask for. Pure. */
import { z } from "zod";
import type { PoolChange } from "../../domain/codes/change-pool.server";
import type { TypedCode } from "../../domain/codes/typed";
import { toMinor } from "../../lib/money";
import { instantOf } from "../../lib/zone";

const Text = z.string().max(300).default("");
const Ticked = z.literal("on").optional().transform((value) => value === "on");

export const CodesForm = z.discriminatedUnion("intent", [
  z.object({ intent: z.literal("paste"), requestKey: z.string().min(8).max(100), codes: z.string() }),
  z.object({ intent: z.literal("upload"), requestKey: z.string().min(8).max(100) }),
  z.object({ intent: z.literal("make"), requestKey: z.string().min(8).max(100), count: Text }),
  z.object({
    intent: z.literal("type"), requestKey: z.string().min(8).max(100),
    code: Text, customer: Text, uses: Text, minimum: Text, expires: Text, firstOrder: Ticked,
  }),
  z.object({ intent: z.literal("rotate"), replaces: Text, code: Text }),
  z.object({ intent: z.literal("care"), stockTarget: Text, selfSizing: Ticked, lowStockAt: Text, rotateDays: Text }),
]);
export type CodesForm = z.infer<typeof CodesForm>;

/** A whole number; null: the field is blank; NaN, which every rule refuses: something else was written. */
export function wholeOf(text: string): number | null {
  if (!text.trim()) return null;
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** One code as it was typed into the form. A day means its last second by the shop's clock. */
export function typedOf(form: Extract<CodesForm, { intent: "type" }>, { currency, timeZone }: { currency: string; timeZone: string }): TypedCode {
  return {
    code: form.code,
    customer: form.customer,
    usesPerCode: wholeOf(form.uses),
    minOrderMinor: minorOf(form.minimum, currency),
    expiresAt: /^\d{4}-\d{2}-\d{2}$/.test(form.expires) ? instantOf(`${form.expires}T23:59:59`, timeZone) : null,
    firstOrderOnly: form.firstOrder,
  };
}

function minorOf(text: string, currency: string): number | null {
  if (!text.trim()) return null;
  return /^\d{1,7}(\.\d{1,3})?$/.test(text.trim()) ? toMinor(text.trim(), currency) : Number.NaN;
}

/** What the form changes: a pool that is not minted keeps no stock, one that is cannot do without. */
export function careOf(form: Extract<CodesForm, { intent: "care" }>, { minted, single }: { minted: boolean; single: boolean }): PoolChange {
  if (single) return { rotateDays: wholeOf(form.rotateDays) };
  const lowStockAt = wholeOf(form.lowStockAt);
  return minted ? { stockTarget: wholeOf(form.stockTarget) ?? 0, selfSizing: form.selfSizing, lowStockAt } : { lowStockAt };
}
