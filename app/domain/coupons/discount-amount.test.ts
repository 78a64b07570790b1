import { expect, it } from "vitest";
import { AWARD, FACTS, ISSUANCE } from "#test/use-facts.ts";
import type { KnownCode } from "./conditions";
import { discountsOf } from "./discount-amount";
import type { Cart, CodeFacts, UseAward } from "./use";

function known(code: string, award: Partial<UseAward>, facts: Partial<CodeFacts> = {}): KnownCode {
  return { facts: { ...FACTS, ...facts, code }, award: { ...AWARD, ...award } };
}

it.each<[string, Partial<UseAward>, Partial<CodeFacts>, Partial<Cart>, number | null]>([
  ["a fifth", {}, {}, { totalMinor: 1000 }, 200],
  ["rounded half up", { value: 15 }, {}, { totalMinor: 1010 }, 152],
  ["half of a minor unit up", { value: 50 }, {}, { totalMinor: 1 }, 1],
  ["less than half of a minor unit", { value: 1 }, {}, { totalMinor: 49 }, 0],
  ["half of a minor unit of 1 %", { value: 1 }, {}, { totalMinor: 50 }, 1],
  ["cut to its cap", { capMinor: 150 }, {}, { totalMinor: 1000 }, 150],
  ["all of it", { value: 100 }, {}, { totalMinor: 999 }, 999],
  ["larger than a float multiplies exactly", { value: 99 }, {}, { totalMinor: 9_007_199_254_740_991 }, 8_917_127_262_193_581],
  ["of a total that was not told", {}, {}, {}, null],
  ["an amount", { kind: "fixed_amount", value: 500 }, {}, { totalMinor: 3000 }, 500],
  ["an amount, never more than there is", { kind: "fixed_amount", value: 500 }, {}, { totalMinor: 300 }, 300],
  ["an amount of a total that was not told", { kind: "fixed_amount", value: 500 }, {}, {}, 500],
  ["what the points bought", { kind: "fixed_amount", value: 5000 }, { valueMinor: 1500 }, { totalMinor: 9000 }, 1500],
  ["what this customer's points bought", { kind: "fixed_amount", value: 5000 }, { valueMinor: 1500, issuance: { ...ISSUANCE, valueMinor: 700 } }, { totalMinor: 9000 }, 700],
  ["an amount in another currency", { kind: "fixed_amount", value: 500 }, {}, { totalMinor: 3000, currency: "SAR" }, null],
  ["an amount of yen, told with the digits of euros", { kind: "fixed_amount", currency: "JPY", value: 500 }, {}, { totalMinor: 30_000, digits: 2 }, 300],
  ["a fifth in dinars, told with the digits of euros", { currency: "KWD" }, {}, { totalMinor: 1000, digits: 2 }, 2000],
  ["a fifth of some lines", { productGids: ["p1"] }, {}, { lines: [{ productGid: "p1", amountMinor: 1000 }, { productGid: "p2", amountMinor: 5000 }] }, 200],
  ["a fifth of some products, their part not told", { productGids: ["p1"] }, {}, { totalMinor: 6000 }, null],
  ["an amount off some lines, never more than they cost", { kind: "fixed_amount", value: 5000, variantGids: ["v1"] }, {}, { lines: [{ variantGid: "v1", amountMinor: 1000 }] }, 1000],
  ["free shipping is no amount", { kind: "free_shipping", value: 0 }, {}, { totalMinor: 1000 }, null],
  ["a free product is no amount", { kind: "free_product", value: 0 }, {}, { totalMinor: 1000 }, null],
  ["the integrator knows what", { kind: "custom", value: 0 }, {}, { totalMinor: 1000 }, null],
])("%s", (_name, award, facts, cart, expected) => {
  expect(discountsOf([known("A", award, facts)], { customerId: null, ...cart })).toEqual([{ code: "A", discountMinor: expected }]);
});

it.each<[string, Partial<UseAward>[], number, (number | null)[]]>([
  ["each of the whole order", [{ value: 10 }, { value: 20 }], 1000, [100, 200]],
  ["never more together than there is", [{ kind: "fixed_amount", value: 800 }, { value: 50 }], 1000, [800, 200]],
  ["the last gets nothing where nothing is left", [{ value: 100 }, { kind: "fixed_amount", value: 5 }], 1000, [1000, 0]],
  ["beside what is no amount", [{ kind: "free_shipping", value: 0 }, { value: 10 }], 1000, [null, 100]],
])("several codes: %s", (_name, awards, totalMinor, expected) => {
  const codes = awards.map((award, n) => known(String(n), award));
  expect(discountsOf(codes, { customerId: null, totalMinor }).map(({ discountMinor }) => discountMinor)).toEqual(expected);
});
