import { decimalAmount, subtotalMinor } from "rewards-flow/money";
import { expect, it } from "vitest";
import { minorDigits } from "#app/lib/money.ts";

it("counts every currency's units as the app does, and back", () => {
  for (const currencyCode of Intl.supportedValuesOf("currency")) {
    expect(subtotalMinor({ amount: 12, currencyCode })).toEqual({ minor: 12 * 10 ** minorDigits(currencyCode), currency: currencyCode });
    expect(decimalAmount(12 * 10 ** minorDigits(currencyCode), currencyCode)).toBe(12);
  }
});

it.each([undefined, { amount: Number.NaN, currencyCode: "EUR" }, { amount: 1, currencyCode: "euro" }])("leaves out %j", (money) => {
  expect(subtotalMinor(money)).toBeNull();
});
