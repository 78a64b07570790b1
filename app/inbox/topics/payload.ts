/** Pieces that payloads of several topics have in common. */
import { z } from "zod";
import { isGid, type Gid } from "../../lib/gid";
import { toMinor } from "../../lib/money";

/** A global id of this type. */
export function gidOf<T extends string>(type: T) {
  return z.string().refine((value): value is Gid<T> => isGid(type, value), `not a gid of type ${type}`);
}

/** An instant with its offset. */
export const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** An id as a number. Above 2^53 it would lose digits as one: such a payload is refused rather than booked elsewhere. */
export const NumericId = z.union([z.int(), z.string().regex(/^\d+$/)]);

/** An amount as Shopify writes it. */
export const DecimalText = z.string().regex(/^-?\d{1,16}(\.\d+)?$/, "not a decimal amount");
export const CurrencyCode = z.string().regex(/^[A-Z]{3}$/, "not a currency code");

/** Both currencies come with every amount; ours is always the shop's. */
export const MoneySet = z.object({ shop_money: z.object({ amount: DecimalText, currency_code: CurrencyCode }) });

/** The shop's own amount of a money set, in minor units. */
export function shopMinor({ shop_money }: z.infer<typeof MoneySet>): number {
  return toMinor(shop_money.amount, shop_money.currency_code);
}
