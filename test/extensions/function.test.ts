/** The discount Function: what Shopify is told about it, and what it answers, cart by cart, in the engine that Shopify runs. */
import { readFile } from "node:fs/promises";
import { getNamedType, isLeafType, isScalarType, parse, TypeInfo, validate, visit, visitWithTypeInfo } from "graphql";
import { beforeAll, describe, expect, it, test } from "vitest";
import { ADMIN_API_VERSION } from "#app/contract/configuration.ts";
import { FUNCTION_HANDLE, FUNCTION_METAFIELD, FunctionConfiguration, MAX_CONFIGURATION_BYTES } from "#app/contract/function-configuration.ts";
import { NO_RULES } from "#app/domain/awards/award.ts";
import { configurationOf } from "#app/sync/kinds/configuration.ts";
import type { DiscountTerms } from "#app/sync/kinds/discount-terms.ts";
import { FUNCTION_EXTENSION, readFunctionManifest, readInputQuery } from "#scripts/build-extensions.ts";
import { openFunctionEngine, type FunctionEngine } from "#test/function-engine.ts";
import { releasedFunction, type ReleasedFunction } from "#test/store/functions/released.ts";
import { type FunctionOperation, runFunction } from "#test/store/functions/run.ts";
import { functionSchema } from "#test/store/functions/schema.ts";
import { weekdayOf } from "../../extensions/award-discount/src/rules";

const LINES = "cart.lines.discounts.generate.run";
const DELIVERY = "cart.delivery-options.discounts.generate.run";

describe("what Shopify is told", () => {
  test("the handle, the metafield and the version are the app's, and the extension is released with it", async () => {
    const manifest = await readFunctionManifest();
    expect(manifest).toMatchObject({ apiVersion: ADMIN_API_VERSION, handle: FUNCTION_HANDLE, variables: FUNCTION_METAFIELD });
    expect(manifest.targets.map(({ target }) => target)).toEqual([LINES, DELIVERY]);
    const app = await readFile(new URL("../../shopify.app.toml", import.meta.url), "utf8");
    expect(/^extension_directories = (.*)$/m.exec(app)?.[1]).toContain(`"extensions/${FUNCTION_EXTENSION}"`);
  });

  test("every input query is valid, small and cheap, reads the app's metafield, and its variables are all in the configuration", async () => {
    for (const { inputQuery } of (await readFunctionManifest()).targets) {
      const text = await readInputQuery(inputQuery);
      const document = parse(text);
      expect(validate(functionSchema(), document)).toEqual([]);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3000);
      expect(queryCost(text)).toBeLessThanOrEqual(30);
      expect(text).toContain(`metafield(namespace: "${FUNCTION_METAFIELD.namespace}", key: "${FUNCTION_METAFIELD.key}")`);
      const variables = [...text.matchAll(/^ {2}\$(\w+):/gm)].map(([, name = ""]) => name);
      expect(variables.length).toBeGreaterThan(0);
      for (const name of variables) expect(FunctionConfiguration.shape).toHaveProperty(name);
    }
  });

  test("the largest configuration is not longer than Shopify hands to a Function", () => {
    const gids = (type: string) => Array.from({ length: 100 }, (_, index) => `gid://shopify/${type}/${99_000_000_000_000 + index}`);
    const largest = configurationOf(termsOf({ productGids: gids("Product"), variantGids: gids("ProductVariant"), collectionGids: gids("Collection"), weekdays: [1, 2, 3, 4, 5, 6, 7], monthDays: Array.from({ length: 31 }, (_, day) => day + 1), channels: ["online"] }));
    expect(Buffer.byteLength(JSON.stringify(largest))).toBeLessThanOrEqual(MAX_CONFIGURATION_BYTES);
  });
});

/** As Shopify counts: 3 for a metafield and for a question about tags or collections, 1 for each other leaf. */
function queryCost(text: string): number {
  let cost = 0;
  const types = new TypeInfo(functionSchema());
  visit(parse(text), visitWithTypeInfo(types, {
    Field(node) {
      const type = getNamedType(types.getType());
      if (node.name.value === "metafield" || /^(inAnyCollection|hasAnyTag)$/.test(node.name.value)) cost += 3;
      else if (type && isLeafType(type) && node.name.value !== "__typename" && !(isScalarType(type) && type.name === "JSON")) cost += 1;
    },
  }));
  return cost;
}

/** An award of 10 EUR off in a shop of EUR, as far as a Function is told about it. */
function termsOf(wish: Partial<DiscountTerms>): DiscountTerms {
  const at = new Date("2026-11-20T12:00:00Z");
  return {
    ...NO_RULES, shopId: 1, number: 1, name: "Ten off", kind: "fixed_amount", value: 1000, currency: "EUR", pointsPrice: 100, minOrderMinor: null,
    startsAt: at, endsAt: null, status: "active", codeSource: "generated", usesPerCode: 1, usesPerCustomer: null, usesTotal: null, issuesPerCustomer: null, issuesTotal: null,
    predecessor: null, combinesOrder: false, combinesProduct: false, combinesShipping: false, requestKey: null, firstIssuedAt: null, bucketsDueAt: null, createdAt: at, updatedAt: at,
    usageLimit: 1, customerGids: null, foreignCurrency: false,
    ...wish,
  };
}

interface CartWish {
  currency?: string;
  rate?: string;
  /** Price, product and collections of each line; product 1, no collection, when left out. */
  lines?: { price: string; product?: number; collections?: number[] }[];
  customer?: { id: number; orders: number } | null;
  pos?: boolean;
  /** The shop's wall clock. */
  at?: string;
}

/** A cart as Shopify answers an input query about it. */
function rootOf({ currency = "EUR", rate = "1.0", lines = [{ price: "100.00" }], customer = null, pos = false, at = "2026-11-20T12:00:00" }: CartWish): object {
  const money = (amount: string) => ({ amount, currencyCode: currency });
  return {
    presentmentCurrencyRate: rate,
    cart: {
      cost: { subtotalAmount: money(lines.reduce((sum, { price }) => sum + Number(price), 0).toFixed(2)) },
      buyerIdentity: { customer: customer && { id: `gid://shopify/Customer/${customer.id}`, numberOfOrders: customer.orders } },
      retailLocation: pos ? { id: "gid://shopify/Location/1" } : null,
      deliveryGroups: [{ id: "gid://shopify/CartDeliveryGroup/0" }],
      lines: lines.map(({ price, product = 1, collections = [] }, index) => ({
        id: `gid://shopify/CartLine/${index}`,
        cost: { subtotalAmount: money(price) },
        merchandise: {
          __typename: "ProductVariant",
          id: `gid://shopify/ProductVariant/${product * 10}`,
          product: { id: `gid://shopify/Product/${product}`, inAnyCollection: ({ ids }: { ids?: string[] }) => collections.some((one) => ids?.includes(`gid://shopify/Collection/${one}`)) },
        },
      })),
    },
    shop: { localTime: { date: at.slice(0, 10), timeBetween: ({ startTime, endTime }: { startTime: string; endTime: string }) => startTime <= at.slice(11) && at.slice(11) <= endTime } },
  };
}

let released: ReleasedFunction;
let engine: FunctionEngine;
beforeAll(async () => {
  released = await releasedFunction();
  engine = await openFunctionEngine();
});

/** What a cart gets, in short: "10.00 off", "15% of 0,1", "100% of 1×1", "shipping", or "nothing". Checked by the schema on the way. */
function answer(wish: Partial<DiscountTerms>, cart: CartWish, target = LINES): string {
  const configuration = JSON.stringify(configurationOf(termsOf(wish)));
  const [operation] = runFunction(released, target, rootOf(cart), () => configuration);
  return operation ? inShort(operation) : "nothing";
}

function inShort({ orderDiscountsAdd, productDiscountsAdd, deliveryDiscountsAdd }: FunctionOperation): string {
  const valueOf = (value: { percentage: { value: number } } | { fixedAmount: { amount: string } }) => ("percentage" in value ? `${value.percentage.value}%` : value.fixedAmount.amount);
  const [order] = orderDiscountsAdd?.candidates ?? [];
  if (order) return `${valueOf(order.value)} off`;
  const [product] = productDiscountsAdd?.candidates ?? [];
  if (product) return `${valueOf(product.value)} of ${product.targets.map(({ cartLine }) => `${cartLine.id.slice(-1)}${cartLine.quantity ? `×${cartLine.quantity}` : ""}`).join()}`;
  return deliveryDiscountsAdd ? "shipping" : "nothing";
}

const gid = (type: string, id: number) => `gid://shopify/${type}/${id}`;

describe("a cart", () => {
  it.each<[string, Partial<DiscountTerms>, CartWish, string]>([
    ["an amount", {}, {}, "10.00 off"],
    ["a percentage below its cap", { kind: "percentage", value: 20, capMinor: 2500 }, { lines: [{ price: "124.99" }] }, "20% off"],
    ["a percentage at its cap", { kind: "percentage", value: 20, capMinor: 2500 }, { lines: [{ price: "125.00" }] }, "20% off"],
    ["a percentage beyond its cap", { kind: "percentage", value: 20, capMinor: 2500 }, { lines: [{ price: "125.05" }] }, "25.00 off"],
    ["a currency of no decimals", { kind: "percentage", value: 50, capMinor: 900, currency: "JPY" }, { currency: "JPY", lines: [{ price: "5000" }] }, "900 off"],
    ["a converted amount, to the cent", {}, { currency: "USD", rate: "1.0875", lines: [{ price: "100.00" }] }, "10.88 off"],
    ["a converted cap that does not bind", { kind: "percentage", value: 20, capMinor: 2500 }, { currency: "USD", rate: "2", lines: [{ price: "240.00" }] }, "20% off"],
    ["a converted cap that binds", { kind: "percentage", value: 20, capMinor: 2500 }, { currency: "USD", rate: "2", lines: [{ price: "260.00" }] }, "50.00 off"],
    ["a named currency in a cart of it", { value: 5000, currency: "SAR", foreignCurrency: true }, { currency: "SAR", rate: "4.1" }, "50.00 off"],
    ["a named currency in any other cart", { value: 5000, currency: "SAR", foreignCurrency: true }, {}, "nothing"],
    ["a minimum met exactly", { minOrderMinor: 10000 }, {}, "10.00 off"],
    ["a minimum missed by a cent", { minOrderMinor: 10001 }, {}, "nothing"],
    ["a converted minimum", { minOrderMinor: 5001 }, { currency: "USD", rate: "2" }, "nothing"],
    ["a maximum met exactly", { maxOrderMinor: 10000 }, {}, "10.00 off"],
    ["a maximum passed by a cent", { maxOrderMinor: 9999 }, {}, "nothing"],
    ["a product of the scope", { kind: "percentage", value: 15, productGids: [gid("Product", 2)] }, { lines: [{ price: "10" }, { price: "20", product: 2 }] }, "15% of 1"],
    ["a variant of the scope", { kind: "percentage", value: 15, variantGids: [gid("ProductVariant", 20)] }, { lines: [{ price: "20", product: 2 }, { price: "10" }] }, "15% of 0"],
    ["a collection of the scope", { kind: "percentage", value: 15, collectionGids: [gid("Collection", 5)] }, { lines: [{ price: "10", collections: [4, 5] }, { price: "10", collections: [4] }, { price: "10", collections: [5] }] }, "15% of 0,2"],
    ["a product whose id only begins like one of the scope", { productGids: [gid("Product", 22)] }, { lines: [{ price: "10", product: 2 }] }, "nothing"],
    ["a cap on the scope's lines alone", { kind: "percentage", value: 50, capMinor: 1000, productGids: [gid("Product", 2)] }, { lines: [{ price: "500" }, { price: "20", product: 2 }] }, "50% of 1"],
    ["a minimum on the scope's lines alone", { minOrderMinor: 2001, productGids: [gid("Product", 2)] }, { lines: [{ price: "500" }, { price: "20", product: 2 }] }, "nothing"],
    ["nothing of the scope", { productGids: [gid("Product", 9)] }, {}, "nothing"],
    ["one unit of its gift", { kind: "free_product", value: 0, giftVariantGid: gid("ProductVariant", 20) }, { lines: [{ price: "10" }, { price: "60", product: 2 }] }, "100% of 1×1"],
    ["no gift that is not in the cart", { kind: "free_product", value: 0, giftVariantGid: gid("ProductVariant", 30) }, {}, "nothing"],
    ["a first order", { firstOrderOnly: true }, { customer: { id: 7, orders: 0 } }, "10.00 off"],
    ["a second order", { firstOrderOnly: true }, { customer: { id: 7, orders: 1 } }, "nothing"],
    ["as many orders as allowed", { maxOrders: 3 }, { customer: { id: 7, orders: 3 } }, "10.00 off"],
    ["an order too many", { maxOrders: 3 }, { customer: { id: 7, orders: 4 } }, "nothing"],
    ["a guest, where orders count", { maxOrders: 3 }, {}, "nothing"],
    ["the named customer", { customerGids: [gid("Customer", 7)] }, { customer: { id: 7, orders: 9 } }, "10.00 off"],
    ["another customer", { customerGids: [gid("Customer", 7)] }, { customer: { id: 77, orders: 9 } }, "nothing"],
    ["a guest, where a customer is named", { customerGids: [gid("Customer", 7)] }, {}, "nothing"],
    ["online", { channels: ["online"] }, {}, "10.00 off"],
    ["at a till, where it is for online", { channels: ["online"] }, { pos: true }, "nothing"],
    ["at a till", { channels: ["pos"] }, { pos: true }, "10.00 off"],
    ["no line at all", {}, { lines: [] }, "nothing"],
    ["free shipping at the lines' target", { kind: "free_shipping", value: 0 }, {}, "nothing"],
  ])("%s", (_, wish, cart, expected) => {
    expect(answer(wish, cart)).toBe(expected);
  });

  it.each<[string, Partial<DiscountTerms>, CartWish, string]>([
    ["free shipping", { kind: "free_shipping", value: 0 }, {}, "shipping"],
    ["free shipping for small orders, of a large one", { kind: "free_shipping", value: 0, maxOrderMinor: 9999 }, {}, "nothing"],
    ["free shipping with a product that is in the cart", { kind: "free_shipping", value: 0, productGids: [gid("Product", 1)] }, {}, "shipping"],
    ["free shipping with a product that is not", { kind: "free_shipping", value: 0, productGids: [gid("Product", 2)] }, {}, "nothing"],
    ["an amount, at the delivery's target", {}, {}, "nothing"],
  ])("and its delivery: %s", (_, wish, cart, expected) => {
    expect(answer(wish, cart, DELIVERY)).toBe(expected);
  });

  it.each<[string, Partial<DiscountTerms>, string, boolean]>([
    ["weekday", { weekdays: [5] }, "2026-11-20T12:00:00", true],
    ["weekday", { weekdays: [6, 7] }, "2026-11-20T12:00:00", false],
    ["Sunday", { weekdays: [7] }, "2026-11-22T00:00:00", true],
    ["day of the month", { monthDays: [1, 20] }, "2026-11-20T23:59:59", true],
    ["day of the month", { monthDays: [2] }, "2026-11-20T12:00:00", false],
    ["hour that begins", { fromMinute: 540, untilMinute: 1020 }, "2026-11-20T09:00:00", true],
    ["time before the hours", { fromMinute: 540, untilMinute: 1020 }, "2026-11-20T08:59:59", false],
    ["last second of the hours", { fromMinute: 540, untilMinute: 1020 }, "2026-11-20T16:59:59", true],
    ["time when the hours are over", { fromMinute: 540, untilMinute: 1020 }, "2026-11-20T17:00:00", false],
    ["time before midnight, of hours over midnight", { fromMinute: 1320, untilMinute: 120 }, "2026-11-20T23:59:59", true],
    ["time after midnight, of hours over midnight", { fromMinute: 1320, untilMinute: 120 }, "2026-11-20T01:59:59", true],
    ["time when hours over midnight are over", { fromMinute: 1320, untilMinute: 120 }, "2026-11-20T02:00:00", false],
    ["last second of hours until midnight", { fromMinute: 1320, untilMinute: 0 }, "2026-11-20T23:59:59", true],
    ["midnight when hours until midnight are over", { fromMinute: 1320, untilMinute: 0 }, "2026-11-20T00:00:00", false],
    ["midnight from which the hours run", { fromMinute: 0, untilMinute: 60 }, "2026-11-20T00:00:00", true],
    ["last second of hours until the day's end", { fromMinute: 1320, untilMinute: 1440 }, "2026-11-20T23:59:59", true],
    ["time that is right in every way", { weekdays: [5], monthDays: [20], fromMinute: 540, untilMinute: 1020 }, "2026-11-20T12:00:00", true],
    ["time that is right in every way but one", { weekdays: [5], monthDays: [21], fromMinute: 540, untilMinute: 1020 }, "2026-11-20T12:00:00", false],
  ])("at a %s", (_, wish, at, applies) => {
    expect(answer(wish, { at })).toBe(applies ? "10.00 off" : "nothing");
  });

  it("gets nothing by a discount without a configuration, and the run does not fail", () => {
    expect(engine.run("cartLinesDiscountsGenerateRun", { ...inputOf({}, {}), discount: { metafield: null } })).toEqual({ operations: [] });
  });

  it("gets the same in the engine Shopify runs", () => {
    const cases: [Partial<DiscountTerms>, CartWish][] = [[{ kind: "percentage", value: 20, capMinor: 2500 }, { lines: [{ price: "130" }] }], [{ productGids: [gid("Product", 1)] }, {}], [{ firstOrderOnly: true }, {}]];
    for (const [wish, cart] of cases) {
      const output = engine.run("cartLinesDiscountsGenerateRun", inputOf(wish, cart)) as { operations: FunctionOperation[] };
      expect(output.operations[0] ? inShort(output.operations[0]) : "nothing").toBe(answer(wish, cart));
    }
  });
});

/** The root itself has the form of the answer, but for what is asked with arguments. */
function inputOf(wish: Partial<DiscountTerms>, cart: CartWish): object {
  return { ...(JSON.parse(JSON.stringify(rootOf(cart))) as object), discount: { metafield: { jsonValue: configurationOf(termsOf(wish)) } } };
}

test("weekdays are the calendar's, over leap years and centuries", () => {
  for (let day = Date.UTC(2024, 0, 1); day < Date.UTC(2101, 2, 10); day += 86_400_000) {
    const date = new Date(day);
    expect(weekdayOf(date.toISOString().slice(0, 10))).toBe(date.getUTCDay() || 7);
  }
});
