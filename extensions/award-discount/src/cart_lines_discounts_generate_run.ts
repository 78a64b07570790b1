import type { FunctionConfiguration } from "../../../app/contract/function-configuration";
import type { Input } from "./input";
import { eligible, tail, type Eligible } from "./rules";

type Value = { percentage: { value: string } } | { fixedAmount: { amount: string } };
type Target = { cartLine: { id: string; quantity?: number } };
export interface LinesResult {
  operations: (
    | { orderDiscountsAdd: { selectionStrategy: "FIRST"; candidates: { targets: { orderSubtotal: { excludedCartLineIds: string[] } }[]; value: Value }[] } }
    | { productDiscountsAdd: { selectionStrategy: "FIRST"; candidates: { targets: Target[]; value: Value }[] } }
  )[];
}

/** Amounts off: the whole order, the lines of the award's scope, or one unit of its gift. */
export function cartLinesDiscountsGenerateRun(input: Input): LinesResult {
  const cart = eligible(input);
  if (!cart) return { operations: [] };
  const { value } = cart.configuration;
  switch (value.kind) {
    case "percentage":
      return off(cart, percentageOff(value, cart));
    case "amount":
      return off(cart, { fixedAmount: { amount: inCartCurrency(value.amount, cart.rate) } });
    case "gift":
      return gift(cart, value.variantId);
    case "shipping":
      return { operations: [] };
  }
}

/** A percentage stays one where the cap does not bind: Shopify then rounds as it always does. */
function percentageOff({ percentage, cap }: Extract<FunctionConfiguration["value"], { kind: "percentage" }>, { base, rate }: Eligible): Value {
  if (cap !== null && (base * percentage) / 100 > Number(cap) * rate) return { fixedAmount: { amount: inCartCurrency(cap, rate) } };
  return { percentage: { value: String(percentage) } };
}

function off({ configuration, lines }: Eligible, value: Value): LinesResult {
  if (!configuration.scoped) {
    return { operations: [{ orderDiscountsAdd: { selectionStrategy: "FIRST", candidates: [{ targets: [{ orderSubtotal: { excludedCartLineIds: [] } }], value }] } }] };
  }
  return products(lines.map(({ id }) => ({ cartLine: { id } })), value);
}

function gift({ lines }: Eligible, variantId: string): LinesResult {
  const line = lines.find(({ merchandise }) => merchandise.id && tail(merchandise.id) === variantId);
  return line ? products([{ cartLine: { id: line.id, quantity: 1 } }], { percentage: { value: "100" } }) : { operations: [] };
}

function products(targets: Target[], value: Value): LinesResult {
  return { operations: [{ productDiscountsAdd: { selectionStrategy: "FIRST", candidates: [{ targets, value }] } }] };
}

/** Exact in the award's own currency; converted, to a hundredth. */
function inCartCurrency(amount: string, rate: number): string {
  return rate === 1 ? amount : (Math.round(Number(amount) * rate * 100) / 100).toFixed(2);
}
