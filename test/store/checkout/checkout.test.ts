import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoreDiscount } from "../discount-records";
import { startStore, type LocalStore, type StoreShop } from "../store";
import { nextGid } from "../state";
import { createCheckout } from "./checkouts";
import { checkoutRoutes } from "./routes";
import type { CheckoutState, CodeChange } from "./state";

let store: LocalStore;
let shop: StoreShop;
let customerGid: string;
let variantGid: string;

beforeEach(async () => {
  store = await startStore({ apiKey: "key", apiSecret: "secret", appUrl: "http://127.0.0.1:9", scopes: [] });
  store.routes.push(checkoutRoutes(store, { appUrl: "http://127.0.0.1:9", bundles: { scripts: new Map([["page.js", "page()"]]), css: "", messages: new Map([["en", { hi: "Hi" }], ["ar", { hi: "سلام" }]]) } }));
  shop = store.shop("north-lake.myshopify.com");
  const espresso = shop.addProduct({ title: "House espresso", price: "32.50" });
  variantGid = espresso.variants[0]?.gid ?? "";
  customerGid = shop.addCustomer({ firstName: "Ann", lastName: "<Lind>", email: "ann@example.com" }).gid;
  addDiscount("10.00", ["TEN-A", "TEN-B"]);
});
afterEach(() => store.close());

function addDiscount(amount: string, codes: string[]): StoreDiscount {
  const gid = nextGid(shop.state, "DiscountCodeNode");
  const at = new Date(0).toISOString();
  const discount: StoreDiscount = {
    gid, method: "code", kind: "basic", title: "Off", startsAt: at, endsAt: null, createdAt: at, updatedAt: at, usageLimit: 1, oncePerCustomer: false,
    combinesWith: { orderDiscounts: false, productDiscounts: false, shippingDiscounts: false }, context: { type: "all" }, classes: ["ORDER"],
    gets: { value: { type: "amount", amount, onEachItem: false }, items: { type: "all" } }, buys: null, minimum: null, oneTimePurchase: true, subscription: false,
    recurringCycleLimit: null, usesPerOrderLimit: null, destination: null, maximumShippingPrice: null, tags: [], functionId: null, metafields: [], codeKeys: new Set(codes),
  };
  shop.state.discounts.set(gid, discount);
  for (const code of codes) shop.state.codes.set(code, { gid: nextGid(shop.state, "DiscountRedeemCode"), code, discountGid: gid, uses: 0, usedBy: [] });
  return discount;
}

function openCheckout(buyer: string | null = customerGid): string {
  return createCheckout(shop, { customerGid: buyer, lines: [{ variantGid, quantity: 2 }] });
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${store.url}/checkout/${path}`);
  return { status: response.status, text: await response.text() };
}

async function read(token: string): Promise<CheckoutState> {
  return JSON.parse((await get(`${token}/state`)).text) as CheckoutState;
}

async function post(path: string, body: string): Promise<{ status: number; answer: CodeChange }> {
  const response = await fetch(`${store.url}/checkout/${path}`, { method: "POST", body });
  return { status: response.status, answer: (await response.json()) as CodeChange };
}

const apply = (token: string, code: string) => post(`${token}/apply`, JSON.stringify({ code }));
const pay = (token: string) => post(`${token}/pay`, "{}");

describe("the checkout of the local store", () => {
  test("a code lowers the total, is paid with, and stands on the thank-you page and the order", async () => {
    const token = openCheckout();
    const { answer } = await apply(token, "ten-a");
    expect(answer).toMatchObject({ outcome: "changed", state: { codes: [{ code: "TEN-A", discountMinor: 1000 }], subtotalMinor: 6500, discountMinor: 1000, totalMinor: 5990 } });
    expect((await pay(token)).answer).toMatchObject({ outcome: "changed", state: { orderName: "#1001" } });
    const thanks = (await get(token)).text;
    expect(thanks).toContain("#1001");
    expect(thanks).toContain("TEN-A");
    expect(thanks).toContain("€59.90");
    expect([...shop.orders.values()]).toMatchObject([{ name: "#1001", customerGid, checkoutToken: token, applications: [{ code: "TEN-A" }] }]);
  });

  test("paying twice places one order, and a paid checkout takes no more codes", async () => {
    const token = openCheckout();
    await Promise.all([pay(token), pay(token)]);
    expect(shop.orders.size).toBe(1);
    expect((await apply(token, "TEN-A")).status).toBe(409);
  });

  test("a code removed gives the old total", async () => {
    const token = openCheckout();
    await apply(token, "TEN-A");
    const { answer } = await post(`${token}/remove`, JSON.stringify({ code: "ten-a" }));
    expect(answer.state).toMatchObject({ codes: [], totalMinor: 6990 });
  });

  test.each([
    ["unknown", "NOPE", "Enter a valid discount code or gift card"],
    ["not combining with the one applied", "TEN-B", "TEN-B couldn't be used with your existing discounts"],
  ])("a code that is %s is refused and leaves the rest as it was", async (_, code, reason) => {
    const token = openCheckout();
    await apply(token, "TEN-A");
    expect((await apply(token, code)).answer).toMatchObject({ outcome: "refused", reason, state: { codes: [{ code: "TEN-A" }] } });
  });

  test("a code used elsewhere before the payment: the shopper is told and sees the new total, nothing is ordered", async () => {
    const [first, second] = [openCheckout(), openCheckout()];
    await apply(first, "TEN-A");
    await apply(second, "TEN-A");
    await pay(first);
    expect((await pay(second)).answer).toMatchObject({ outcome: "refused", reason: "TEN-A has reached its usage limit", state: { codes: [], totalMinor: 6990, orderName: null } });
    expect(shop.orders.size).toBe(1);
    expect((await pay(second)).answer.outcome).toBe("changed");
  });

  test("the extension's token names a customer who is logged in, and nobody for a guest", async () => {
    const claimsOf = async (token: string) => {
      const { token: jwt } = JSON.parse((await get(`${token}/session-token`)).text) as { token: string };
      return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
    };
    expect(await claimsOf(openCheckout())).toMatchObject({ sub: customerGid, aud: "key", dest: "north-lake.myshopify.com" });
    expect(await claimsOf(openCheckout(null))).not.toHaveProperty("sub");
    expect((await read(openCheckout(null))).customer).toBeNull();
  });

  test("the address chooses view, language and place; what it does not know falls back", async () => {
    const token = openCheckout();
    const settingsAt = async (query: string) => {
      const start = /<script id="start" type="application\/json">(.*?)<\/script>/.exec((await get(`${token}${query}`)).text)?.[1] ?? "";
      return (JSON.parse(start) as { settings: unknown }).settings;
    };
    expect(await settingsAt("")).toMatchObject({ view: "preact", locale: "en", target: "purchase.checkout.block.render", canUpdateDiscountCodes: true, isEditor: false, extensionSettings: {} });
    expect(await settingsAt("?view=react&locale=ar&target=reductions&codes=off&editor=on&heading=Club")).toMatchObject({
      view: "react", locale: "ar", target: "purchase.checkout.reductions.render-after", canUpdateDiscountCodes: false, isEditor: true,
      extensionSettings: { heading: "Club" }, messages: { hi: "سلام" }, fallbackMessages: { hi: "Hi" },
    });
    expect(await settingsAt("?view=vue&locale=xx")).toMatchObject({ view: "preact", locale: "en" });
    expect((await get(`${token}?locale=ar`)).text).toContain('dir="rtl"');
  });

  test("a name with markup in it stays a name", async () => {
    const token = openCheckout();
    expect((await get(token)).text).not.toContain("<Lind>");
    await pay(token);
    expect((await get(token)).text).toContain("Ann &lt;Lind>");
  });

  test.each([
    ["a checkout that is not open", "GET", "0000", null, 404],
    ["an action there is none of", "POST", "TOKEN/fly", "{}", 404],
    ["a body that is no JSON", "POST", "TOKEN/apply", "code=A", 400],
    ["a body without a code", "POST", "TOKEN/apply", "{}", 400],
    ["a body far too large", "POST", "TOKEN/apply", JSON.stringify({ code: "A".repeat(20_000) }), 400],
    ["an asset there is none of", "GET", "assets/secrets.js", null, 404],
    ["an asset", "GET", "assets/page.js", null, 200],
  ])("%s", async (_, method, path, body, status) => {
    const response = await fetch(`${store.url}/checkout/${path.replace("TOKEN", openCheckout())}`, { method, body });
    expect(response.status).toBe(status);
  });
});
