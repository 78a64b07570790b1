/** A cart with codes, judged as Shopify's checkout judges it. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDiscount, type Harness, startHarness } from "./harness";
import { type PricedCart, spread } from "./pricing";

const HALF = { items: { all: true }, value: { percentage: 0.5 } };

let harness: Harness;
let now = new Date("2026-11-20T12:00:00Z");
let tote = "";
let beanie = "";
let toteProduct = "";

beforeAll(async () => {
  harness = await startHarness({ clock: () => now });
  const product = harness.shop.addProduct({ title: "Canvas tote", price: "40.00" });
  toteProduct = product.gid;
  tote = product.variants[0]?.gid ?? "";
  beanie = harness.shop.addProduct({ title: "Wool beanie", price: "60.00" }).variants[0]?.gid ?? "";
});

afterAll(() => harness.close());

function price(discountCodes: string[], cart: { totes?: number; beanies?: number; customerGid?: string } = {}): PricedCart {
  const { totes = 2, beanies = 1, customerGid = null } = cart;
  const lines = [{ variantGid: tote, quantity: totes }, { variantGid: beanie, quantity: beanies }].filter((line) => line.quantity > 0);
  return harness.shop.priceCart({ customerGid, lines, discountCodes });
}

const reasonsOf = (cart: PricedCart) => cart.codes.map((code) => (code.applicable ? "applies" : code.reason));
const allocated = (cart: PricedCart) => cart.lines.map((line) => line.allocations.reduce((sum, one) => sum + one.minor, 0));

describe("what a code takes off", () => {
  test("a fixed amount is spread over the lines in proportion, to the cent", async () => {
    await createDiscount(harness, { code: "TEN" });
    const cart = price(["ten"]);
    expect(allocated(cart)).toEqual([571, 429]);
    expect(cart).toMatchObject({ itemsMinor: 14_000, subtotalMinor: 13_000, discountMinor: 1000, shippingMinor: 490, totalMinor: 13_490 });
  });

  test("a fixed amount beyond the cart takes the cart and no more", async () => {
    await createDiscount(harness, { code: "HUGE", customerGets: { items: { all: true }, value: { discountAmount: { amount: "999.00", appliesOnEachItem: false } } } });
    expect(price(["HUGE"])).toMatchObject({ subtotalMinor: 0, discountMinor: 14_000, totalMinor: 490 });
  });

  test("a percentage is of what it entitles: products in it, the rest not", async () => {
    await createDiscount(harness, { code: "HALF-TOTE", customerGets: { items: { products: { productsToAdd: [toteProduct] } }, value: { percentage: 0.5 } } });
    const cart = price(["HALF-TOTE"]);
    expect(allocated(cart)).toEqual([4000, 0]);
    expect(reasonsOf(price(["HALF-TOTE"], { totes: 0 }))).toEqual(["no_entitled_items"]);
  });

  test("free shipping takes the shipping, as long as the rate is not above its limit", async () => {
    const create = `mutation ($d: DiscountCodeFreeShippingInput!) { discountCodeFreeShippingCreate(freeShippingCodeDiscount: $d) { userErrors { message } } }`;
    const input = { title: "Free shipping", startsAt: "2026-01-01T00:00:00Z", context: { all: "ALL" }, destination: { all: true } };
    await harness.graphql(create, { d: { ...input, code: "SHIP" } });
    await harness.graphql(create, { d: { ...input, code: "SHIP-CHEAP", maximumShippingPrice: "3.00" } });
    expect(price(["SHIP"])).toMatchObject({ shippingMinor: 490, shippingDiscountMinor: 490, totalMinor: 14_000 });
    expect(price(["SHIP-CHEAP"])).toMatchObject({ shippingDiscountMinor: 0, totalMinor: 14_490 });
  });

  test("any amount over any lines is spread exactly, and no line gets a cent more than its share rounded up", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (weights, share) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const minor = Math.floor(total * share);
        const parts = spread(minor, weights);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total === 0 ? 0 : minor);
        parts.forEach((part, index) => expect(part).toBeLessThanOrEqual(weights[index] ?? 0));
      }),
    );
  });
});

describe("why a code does not apply", () => {
  test("nobody knows it", () => {
    expect(reasonsOf(price(["NO-SUCH"]))).toEqual(["unknown_code"]);
  });

  test("its time has not come, or is over", async () => {
    await createDiscount(harness, { code: "SOON", startsAt: "2026-11-21T00:00:00Z", endsAt: "2026-11-22T00:00:00Z" });
    expect(reasonsOf(price(["SOON"]))).toEqual(["not_started"]);
    now = new Date("2026-11-21T12:00:00Z");
    expect(reasonsOf(price(["SOON"]))).toEqual(["applies"]);
    now = new Date("2026-11-22T00:00:00Z");
    expect(reasonsOf(price(["SOON"]))).toEqual(["expired"]);
  });

  test("the cart is below its minimum, of money or of pieces", async () => {
    await createDiscount(harness, { code: "FROM-200", minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: "200.00" } } });
    await createDiscount(harness, { code: "FROM-4", minimumRequirement: { quantity: { greaterThanOrEqualToQuantity: "4" } } });
    expect(reasonsOf(price(["FROM-200"]))).toEqual(["minimum_not_met"]);
    expect(reasonsOf(price(["FROM-200"], { totes: 5, beanies: 0 }))).toEqual(["applies"]);
    expect(reasonsOf(price(["FROM-4"]))).toEqual(["minimum_not_met"]);
    expect(reasonsOf(price(["FROM-4"], { totes: 3 }))).toEqual(["applies"]);
  });

  test("it is for somebody else, or for customers and nobody is logged in", async () => {
    const ada = harness.shop.addCustomer({ firstName: "Ada" });
    const ben = harness.shop.addCustomer({ firstName: "Ben" });
    await createDiscount(harness, { code: "FOR-ADA", context: { customers: { add: [ada.gid] } } });
    expect(reasonsOf(price(["FOR-ADA"], { customerGid: ada.gid }))).toEqual(["applies"]);
    expect(reasonsOf(price(["FOR-ADA"], { customerGid: ben.gid }))).toEqual(["customer_not_eligible"]);
    expect(reasonsOf(price(["FOR-ADA"]))).toEqual(["customer_not_eligible"]);
  });

  test("it was used as often as it may be: by all, or by this customer", async () => {
    const [ada, ben] = [harness.shop.addCustomer({ firstName: "Ada" }), harness.shop.addCustomer({ firstName: "Ben" })];
    await createDiscount(harness, { code: "ONCE-EACH", appliesOncePerCustomer: true, usageLimit: 2 });
    const buy = (customerGid: string) => harness.shop.placeOrder({ customerGid, lines: [{ variantGid: tote, quantity: 1 }], discountCodes: ["ONCE-EACH"] });
    buy(ada.gid);
    expect(buy(ada.gid)).toEqual({ refused: [{ code: "ONCE-EACH", reason: "used_by_customer" }] });
    buy(ben.gid);
    expect(reasonsOf(price(["ONCE-EACH"]))).toEqual(["usage_limit_reached"]);
  });

  test("the other code does not let it: both must agree", async () => {
    const combines = { orderDiscounts: true };
    await createDiscount(harness, { code: "OPEN-A", combinesWith: combines });
    await createDiscount(harness, { code: "OPEN-B", combinesWith: combines, customerGets: HALF });
    await createDiscount(harness, { code: "CLOSED" });
    expect(reasonsOf(price(["OPEN-A", "OPEN-B"]))).toEqual(["applies", "applies"]);
    expect(reasonsOf(price(["OPEN-A", "CLOSED"]))).toEqual(["applies", "does_not_combine"]);
    expect(reasonsOf(price(["CLOSED", "OPEN-A"]))).toEqual(["applies", "does_not_combine"]);
    // Each is worked out on the same subtotal: 10.00 and half of 140.00.
    expect(price(["OPEN-A", "OPEN-B"]).discountMinor).toBe(8000);
  });

  test("the same code twice is one code", () => {
    expect(price(["TEN", "ten"])).toMatchObject({ discountMinor: 1000, codes: [{ applicable: true }] });
  });
});
