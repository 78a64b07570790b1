/** Checkouts that are open in the store: who buys what, with which codes, until it is paid. */
import { randomBytes } from "node:crypto";
import type { CodeRefusal, PricedCart } from "../pricing";
import type { StoreShop } from "../shop";
import { codeKey } from "../state";
import type { CheckoutState, CodeChange } from "./state";

export interface NewCheckout {
  customerGid: string | null;
  lines: readonly { variantGid: string; quantity: number }[];
  /** Codes the shopper brings along, e.g. from a link. */
  discountCodes?: readonly string[];
}

export interface Checkout {
  token: string;
  shop: StoreShop;
  customerGid: string | null;
  lines: readonly { variantGid: string; quantity: number }[];
  codes: string[];
  /** As it stood when it was paid: a code's use counts from then on, so it can no longer be priced. */
  paid: CheckoutState | null;
}

/** A store that runs for days must not remember every checkout. */
const MAX_OPEN = 2_000;
const open = new Map<string, Checkout>();

/** Opens a checkout and returns its token: the page is /checkout/{token}. Throws on a cart the shop cannot have. */
export function createCheckout(shop: StoreShop, { customerGid, lines, discountCodes = [] }: NewCheckout): string {
  const { codes } = shop.priceCart({ customerGid, lines, discountCodes });
  const token = randomBytes(16).toString("hex");
  const applicable = codes.filter(({ applicable }) => applicable).map(({ code }) => code);
  open.set(token, { token, shop, customerGid, lines, codes: applicable, paid: null });
  const oldest = open.size > MAX_OPEN ? open.keys().next().value : undefined;
  if (oldest !== undefined) open.delete(oldest);
  return token;
}

/** The checkout of this token, or null. */
export function findCheckout(token: string): Checkout | null {
  return open.get(token) ?? null;
}

/** The checkout as its page shows it. */
export function readCheckout(checkout: Checkout): CheckoutState {
  if (checkout.paid) return checkout.paid;
  const { shop, customerGid, token } = checkout;
  const priced = price(checkout, checkout.codes);
  const customer = customerGid ? shop.state.customers.get(customerGid) : undefined;
  return {
    token,
    shop: { name: shop.state.name, domain: shop.state.domain },
    customer: customer ? { gid: customer.gid, name: [customer.firstName, customer.lastName].filter(Boolean).join(" "), email: customer.email } : null,
    currency: priced.currency,
    lines: priced.lines.map(({ product, variant, quantity, totalMinor }) => ({
      variantGid: variant.gid,
      productGid: product.gid,
      title: product.title,
      variantTitle: variant.title === "Default Title" ? null : variant.title,
      imageUrl: product.imageUrl,
      quantity,
      totalMinor,
    })),
    codes: priced.codes.flatMap((code) => (code.applicable ? [{ code: code.code, discountMinor: code.minor }] : [])),
    subtotalMinor: priced.itemsMinor,
    discountMinor: priced.discountMinor,
    shippingMinor: priced.shippingMinor,
    totalMinor: priced.totalMinor,
    orderName: null,
  };
}

/** Adds a code, if it holds for this cart. */
export function addCode(checkout: Checkout, code: string): CodeChange {
  const { codes } = price(checkout, [...checkout.codes, code]);
  const added = codes.find((priced) => codeKey(priced.code) === codeKey(code));
  if (!added?.applicable) return { outcome: "refused", reason: refusalText(code, added?.reason ?? "unknown_code"), state: readCheckout(checkout) };
  checkout.codes = codes.filter(({ applicable }) => applicable).map((priced) => priced.code);
  return { outcome: "changed", state: readCheckout(checkout) };
}

/** Takes a code off; one that is not there changes nothing. */
export function removeCode(checkout: Checkout, code: string): CodeChange {
  checkout.codes = checkout.codes.filter((applied) => codeKey(applied) !== codeKey(code));
  return { outcome: "changed", state: readCheckout(checkout) };
}

/** Places the order, once. A code that holds no longer is taken off, and the shopper sees the total before paying again. */
export function payCheckout(checkout: Checkout): CodeChange {
  const state = readCheckout(checkout);
  if (checkout.paid) return { outcome: "changed", state };
  const { shop, customerGid, lines, codes, token } = checkout;
  const placed = shop.placeOrder({ customerGid, lines, discountCodes: codes, checkoutToken: token });
  if ("refused" in placed) {
    checkout.codes = codes.filter((code) => !placed.refused.some((refused) => codeKey(refused.code) === codeKey(code)));
    const reason = placed.refused.map(({ code, reason: why }) => refusalText(code, why)).join(". ");
    return { outcome: "refused", reason, state: readCheckout(checkout) };
  }
  checkout.paid = { ...state, orderName: placed.name };
  return { outcome: "changed", state: checkout.paid };
}

function price({ shop, customerGid, lines }: Checkout, discountCodes: readonly string[]): PricedCart {
  return shop.priceCart({ customerGid, lines, discountCodes });
}

/** What Shopify's checkout says to the shopper who typed the code. */
function refusalText(code: string, reason: CodeRefusal): string {
  switch (reason) {
    case "unknown_code":
    case "not_started":
    case "not_supported":
      return "Enter a valid discount code or gift card";
    case "expired":
      return `${code} has expired`;
    case "usage_limit_reached":
      return `${code} has reached its usage limit`;
    case "used_by_customer":
      return `${code} was already used by you`;
    case "customer_not_eligible":
      return `${code} is not available to you`;
    case "no_entitled_items":
    case "function_gave_nothing":
      return `${code} isn't valid for the items in your cart`;
    case "minimum_not_met":
      return `${code} needs a larger order`;
    case "does_not_combine":
      return `${code} couldn't be used with your existing discounts`;
  }
}
