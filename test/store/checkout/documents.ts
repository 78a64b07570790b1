/** The documents of the checkout: the page, which a script fills, and the thank-you page. */
import { formatMoney } from "../../../app/lib/money";
import type { CheckoutState, PageSettings } from "./state";

/** The checkout page. */
export function checkoutDocument(state: CheckoutState, settings: PageSettings): string {
  const start = JSON.stringify({ state, settings }).replaceAll("<", "\\u003c");
  return documentOf({
    title: `Checkout · ${state.shop.name}`,
    dir: settings.locale === "ar" ? "rtl" : "ltr",
    body: `<div id="root"></div><script id="start" type="application/json">${start}</script><script src="/checkout/assets/page.js"></script>`,
  });
}

/** What the shopper sees once the order is placed. */
export function thanksDocument(state: CheckoutState): string {
  const money = (minor: number) => escapeHtml(formatMoney(minor, state.currency));
  const codes = state.codes.map(({ code, discountMinor }) => `<dt>Discount ${escapeHtml(code)}</dt><dd data-testid="discount">−${money(discountMinor)}</dd>`);
  return documentOf({
    title: `Thank you · ${state.shop.name}`,
    dir: "ltr",
    body: `<main class="thanks">
  <h1 class="brand">${escapeHtml(state.shop.name)}</h1>
  <div class="card">
    <h2>Thank you${state.customer ? `, ${escapeHtml(state.customer.name)}` : ""}!</h2>
    <p>Your order <strong data-testid="order-name">${escapeHtml(state.orderName ?? "")}</strong> is confirmed.</p>
  </div>
  <dl class="totals card">
    <dt>Subtotal</dt><dd>${money(state.subtotalMinor)}</dd>
    ${codes.join("\n    ")}
    <dt>Shipping</dt><dd>${money(state.shippingMinor)}</dd>
    <dt class="total">Total paid</dt><dd class="total" data-testid="total">${money(state.totalMinor)}</dd>
  </dl>
  <p><a href="/storefront">Back to the shop</a></p>
</main>`,
  });
}

/** Shown for a checkout that is not open. */
export function goneDocument(): string {
  return documentOf({
    title: "Checkout",
    dir: "ltr",
    body: `<main class="thanks"><div class="card"><h2>This checkout is not open</h2><p>It is forgotten when the store is started again. <a href="/storefront">Fill a new cart</a>.</p></div></main>`,
  });
}

function documentOf({ title, dir, body }: { title: string; dir: "ltr" | "rtl"; body: string }): string {
  return `<!doctype html>
<html lang="en" dir="${dir}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/checkout/assets/page.css">
  </head>
  <body>${body}</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
