/** Money and instants as webhooks spell them. */
import { gidTail } from "../../app/lib/gid";
import { toDecimal } from "../../app/lib/money";
import { localTime } from "../../app/lib/zone";
import type { ShopState } from "./state";

/** Writers in the shop's currency and time zone. */
export function writerOf(state: ShopState) {
  const decimal = (minor: number) => toDecimal(minor, state.currency);
  const set = (minor: number) => {
    const money = { amount: decimal(minor), currency_code: state.currency };
    return { shop_money: money, presentment_money: money };
  };
  return {
    decimal,
    set,
    /** `price` and `price_set`. */
    priced: (name: string, minor: number) => ({ [name]: decimal(minor), [`${name}_set`]: set(minor) }),
    /** In the shop's time zone with its offset: "2026-11-20T15:04:05-05:00". */
    instant: (iso: string | null) => (iso === null ? null : withOffset(iso, state.timeZone)),
  };
}

function withOffset(iso: string, timeZone: string): string {
  const local = localTime(new Date(iso), timeZone);
  const minutes = Math.round((Date.parse(`${local}Z`) - Date.parse(iso)) / 60_000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

/** Shopify's numeric id: webhooks carry it beside the gid. */
export function numeric(gid: string): number {
  return Number(gidTail(gid));
}
