/** The sentence Shopify makes of a discount's terms. */
import { formatMoney, toMinor } from "../../../../app/lib/money";
import type { StoreDiscount } from "../../discount-records";
import type { ShopState } from "../../state";
import { titlesOf } from "./items";

/** "10% off one-time purchase products • Minimum purchase of $1.00". */
export function summaryOf(state: ShopState, discount: StoreDiscount): string {
  return [headline(state, discount), minimum(state, discount), destination(discount), rates(state, discount), once(discount)].filter(Boolean).join(" • ");
}

function headline(state: ShopState, discount: StoreDiscount): string {
  const { gets, buys } = discount;
  if (discount.kind === "freeShipping") return `Free shipping on ${discount.method === "automatic" ? "all products" : purchases(discount)}`;
  if (discount.kind === "app" || !gets) return "";
  const items = gets.items.type === "all" ? purchases(discount) : titlesOf(state, gets.items);
  switch (gets.value.type) {
    case "percentage":
      return `${percent(gets.value.percentage)} off ${items}`;
    case "amount":
      return `${money(state, gets.value.amount)} off ${items}`;
    case "quantity": {
      const { effect, quantity } = gets.value;
      const off = "percentage" in effect ? percent(effect.percentage) : money(state, effect.amount);
      return `Buy ${bought(state, buys)}, get ${pieces(quantity)} ${off === "100%" ? "free" : `at ${off} off`}`;
    }
  }
}

function bought(state: ShopState, buys: StoreDiscount["buys"]): string {
  if (!buys) return "";
  return "quantity" in buys.value ? pieces(buys.value.quantity) : `${money(state, buys.value.amount)} of items`;
}

function pieces(quantity: string): string {
  return `${quantity} item${quantity === "1" ? "" : "s"}`;
}

function minimum(state: ShopState, { minimum: required }: StoreDiscount): string {
  if (!required) return "";
  if (required.type === "subtotal") return `Minimum purchase of ${money(state, required.subtotal)}`;
  return `Minimum quantity of ${required.quantity}`;
}

function destination({ destination: wanted }: StoreDiscount): string {
  if (!wanted) return "";
  if (wanted.type === "all") return "For all countries";
  const [only] = wanted.countries;
  const name = only && new Intl.DisplayNames(["en"], { type: "region" }).of(only);
  return wanted.countries.length === 1 && name ? `For ${name}` : `For ${wanted.countries.length} countries`;
}

function rates(state: ShopState, { maximumShippingPrice: price }: StoreDiscount): string {
  return price === null ? "" : `Applies to shipping rates under ${money(state, price)}`;
}

function once({ oncePerCustomer }: StoreDiscount): string {
  return oncePerCustomer ? "One use per customer" : "";
}

function purchases({ oneTimePurchase, subscription }: StoreDiscount): string {
  if (oneTimePurchase && subscription) return "all products";
  return subscription ? "subscription products" : "one-time purchase products";
}

function percent(share: number): string {
  return `${Math.round(share * 1_000_000) / 10_000}%`;
}

/** In the shop's own currency Shopify shows "$", not "CA$". */
function money(state: ShopState, decimal: string): string {
  return formatMoney(toMinor(decimal, state.currency), state.currency).replace(/^[A-Z]{1,3}(?=\$)/, "");
}
