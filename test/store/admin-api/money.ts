/** Money as the Admin API writes it: "5.0", never "5" or "5.00". */
import { toDecimal } from "../../../app/lib/money";
import type { Presented } from "./context";

/** "5.00" → "5.0", "12.50" → "12.5", "3" → "3.0". */
export function shortDecimal(decimal: string): string {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return `${whole}.${fraction.replace(/0+$/, "") || "0"}`;
}

export function moneyV2(decimal: string, currency: string): Presented {
  return { __typename: "MoneyV2", amount: shortDecimal(decimal), currencyCode: currency };
}

/** A bag of shop money; the local store sells in one currency, so both sides say the same. */
export function moneyBag(minor: number, currency: string): Presented {
  const money = moneyV2(toDecimal(minor, currency), currency);
  return { __typename: "MoneyBag", shopMoney: money, presentmentMoney: money };
}
