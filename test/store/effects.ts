/** What a discount does to a cart: Shopify's own by its terms, an app's by what its Function answers. */
import { toMinor } from "../../app/lib/money";
import { isEntitled } from "./admin-api/discounts/items";
import type { StoreDiscount } from "./discount-records";
import { functionRoot, lineId } from "./functions/input";
import type { ReleasedFunction } from "./functions/released";
import { type FunctionOperation, runFunction } from "./functions/run";
import type { PricedLine } from "./pricing";
import type { ShopState } from "./state";

/** So much of each unit, or an amount: once over everything reached, or off each unit. */
export type Worth = { percentage: number } | { minor: number; onEach: boolean };

export interface Reach {
  line: PricedLine;
  units: number;
}

export type Effect =
  | { target: "order"; worth: Worth }
  | { target: "lines"; reaches: Reach[]; worth: Worth }
  /** `percentage` of the shipping. */
  | { target: "shipping"; percentage: number };

/** The effect of one of Shopify's own discounts on a cart that it is valid for. */
export function nativeEffect(state: ShopState, discount: StoreDiscount, lines: readonly PricedLine[], shippingMinor: number): Effect {
  if (discount.kind === "freeShipping") {
    const most = discount.maximumShippingPrice;
    return { target: "shipping", percentage: most === null || shippingMinor <= toMinor(most, state.currency) ? 100 : 0 };
  }
  const worth = nativeWorth(state, discount);
  if (discount.classes.includes("ORDER")) return { target: "order", worth };
  const items = discount.gets?.items ?? { type: "all" };
  const reached = lines.filter((line) => isEntitled(state, items, line.product, line.variant));
  return { target: "lines", reaches: reached.map((line) => ({ line, units: line.quantity })), worth };
}

function nativeWorth(state: ShopState, discount: StoreDiscount): Worth {
  const value = discount.gets?.value;
  switch (value?.type) {
    case undefined:
    case "quantity":
      return { minor: 0, onEach: false };
    case "percentage":
      return { percentage: value.percentage * 100 };
    case "amount":
      return { minor: toMinor(value.amount, state.currency), onEach: value.onEachItem };
  }
}

const LINES_TARGET = "cart.lines.discounts.generate.run";
const DELIVERY_TARGET = "cart.delivery-options.discounts.generate.run";

/** The effect of an app's discount; null: its Function gives this cart nothing. Of several candidates the first counts. */
export function functionEffect(state: ShopState, now: Date, released: ReleasedFunction, discount: StoreDiscount, cart: { customerGid: string | null; lines: readonly PricedLine[] }): Effect | null {
  const root = functionRoot(state, now, cart);
  const metafields = (namespace: string, key: string) => discount.metafields.find((field) => field.namespace === namespace && field.key === key)?.value ?? null;
  const target = discount.classes.includes("SHIPPING") ? DELIVERY_TARGET : LINES_TARGET;
  const [operation] = runFunction(released, target, root, metafields);
  return operation ? effectOf(state, discount, operation, cart.lines) : null;
}

/** An operation of a class that the discount does not have is as if it had not been given. */
function effectOf(state: ShopState, { classes }: StoreDiscount, { orderDiscountsAdd, productDiscountsAdd, deliveryDiscountsAdd }: FunctionOperation, lines: readonly PricedLine[]): Effect | null {
  const [order] = orderDiscountsAdd?.candidates ?? [];
  if (order && classes.includes("ORDER")) return { target: "order", worth: worthOf(state, order.value) };
  const [product] = productDiscountsAdd?.candidates ?? [];
  if (product && classes.includes("PRODUCT")) {
    const reaches = product.targets.flatMap(({ cartLine }) => {
      const line = lines.find((_, index) => lineId(index) === cartLine.id);
      return line ? [{ line, units: Math.min(cartLine.quantity ?? line.quantity, line.quantity) }] : [];
    });
    return { target: "lines", reaches, worth: worthOf(state, product.value) };
  }
  const [delivery] = deliveryDiscountsAdd?.candidates ?? [];
  if (delivery && classes.includes("SHIPPING") && "percentage" in delivery.value) return { target: "shipping", percentage: delivery.value.percentage.value };
  return null;
}

type Value = NonNullable<FunctionOperation["orderDiscountsAdd"]>["candidates"][number]["value"];

function worthOf(state: ShopState, value: Value): Worth {
  if ("percentage" in value) return { percentage: value.percentage.value };
  return { minor: toMinor(value.fixedAmount.amount, state.currency), onEach: value.fixedAmount.appliesToEachItem };
}
