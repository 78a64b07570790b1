/** What the discount Function costs in Shopify's checkout: instructions by cart size, bytes in and out, beside the limits. */
import type { FunctionConfiguration } from "#app/contract/function-configuration.ts";
import { openFunctionEngine } from "../function-engine";
import { atMost, figure, type Row } from "./row";
import { FUEL, withFuel } from "./wasm-fuel";

/** Shopify's, for carts of up to 200 lines: https://shopify.dev/docs/api/functions#limitations */
const MAX_INSTRUCTIONS = 11_000_000;
const MAX_INPUT_BYTES = 128_000;
const MAX_OUTPUT_BYTES = 20_000;
const MAX_CODE_BYTES = 256_000;
const LINES = [1, 50, 100, 200];
/** An award of some products reads and answers every line: so many are promised. README.md of the extension says what is beyond. */
const SCOPED_PROMISE = 100;

export async function bench(): Promise<Row[]> {
  let instance: WebAssembly.Instance | undefined;
  const engine = await openFunctionEngine({ binary: withFuel, instance: (made) => (instance = made) });
  const executed = () => Number((instance?.exports[FUEL] as WebAssembly.Global<"i64">).value);
  const rows: Row[] = [];
  for (const scoped of [false, true]) {
    for (const count of LINES) {
      const input = inputOf(count, configurationOf(scoped));
      let before = 0;
      const output = engine.run("cartLinesDiscountsGenerateRun", input, () => (before = executed()));
      const what = `${scoped ? "some products" : "whole order"}, ${count} lines`;
      const instructions = executed() - before;
      rows.push(scoped && count > SCOPED_PROMISE ? figure(what, instructions, "instructions") : atMost(what, instructions, "instructions", MAX_INSTRUCTIONS));
      if (count !== Math.max(...LINES)) continue;
      rows.push(atMost(`${what}: input`, Buffer.byteLength(JSON.stringify(input)), "bytes", MAX_INPUT_BYTES));
      rows.push(atMost(`${what}: output`, Buffer.byteLength(JSON.stringify(output)), "bytes", MAX_OUTPUT_BYTES));
    }
  }
  return [...rows, atMost("script", engine.codeBytes, "bytes", MAX_CODE_BYTES)];
}

/** Every rule is set and holds, so that none ends the run early; the cap binds. */
function configurationOf(scoped: boolean): FunctionConfiguration {
  return {
    collectionIds: scoped ? ["gid://shopify/Collection/10000000000001"] : [],
    firstFrom: "08:00:00", firstUntil: "21:59:59", secondFrom: "08:00:00", secondUntil: "21:59:59",
    value: { kind: "percentage", percentage: 20, cap: "10.00" },
    currency: { code: "EUR", only: false },
    minimum: "10.00", maximum: "1000000.00",
    scoped, productIds: [], variantIds: [],
    weekdays: [1, 2, 3, 4, 5, 6, 7], monthDays: [], hours: true, maxOrders: 10, customerId: null, channels: ["online"],
  };
}

function inputOf(count: number, configuration: FunctionConfiguration): object {
  const line = (index: number) => ({
    id: `gid://shopify/CartLine/${index}`,
    cost: { subtotalAmount: { amount: "62.5" } },
    merchandise: { id: `gid://shopify/ProductVariant/${41_000_000_000_000 + index}`, product: { id: `gid://shopify/Product/${10_000_000_000_000 + index}`, inAnyCollection: true } },
  });
  return {
    presentmentCurrencyRate: "1.0",
    cart: {
      cost: { subtotalAmount: { amount: String(count * 62.5), currencyCode: "EUR" } },
      buyerIdentity: { customer: { id: "gid://shopify/Customer/7000000000001", numberOfOrders: 3 } },
      retailLocation: null,
      lines: Array.from({ length: count }, (_, index) => line(index)),
    },
    discount: { metafield: { jsonValue: configuration } },
    shop: { localTime: { date: "2026-11-21", inFirst: true, inSecond: true } },
  };
}
