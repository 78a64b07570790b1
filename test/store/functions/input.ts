/** A cart as a Function's input query sees it. Money as decimals in the cart's currency, which here is the shop's. */
import { toDecimal } from "../../../app/lib/money";
import { localTime } from "../../../app/lib/zone";
import type { PricedLine } from "../pricing";
import type { ShopState } from "../state";

/** The id a cart's line has for a Function, by its place. */
export const lineId = (index: number) => `gid://shopify/CartLine/${index}`;
const DELIVERY_GROUP = "gid://shopify/CartDeliveryGroup/0";

/** What an input query may ask of a cart here. A field that is not modelled is null where the schema lets it be, or fails the run. */
export function functionRoot(state: ShopState, now: Date, { customerGid, lines }: { customerGid: string | null; lines: readonly PricedLine[] }): object {
  const money = (minor: number) => ({ amount: toDecimal(minor, state.currency), currencyCode: state.currency });
  const subtotal = lines.reduce((sum, line) => sum + line.totalMinor, 0);
  const local = localTime(now, state.timeZone);
  const between = ({ startTime, endTime }: { startTime: string; endTime: string }) => startTime <= local.slice(11) && local.slice(11) <= endTime;
  return {
    presentmentCurrencyRate: "1.0",
    cart: {
      cost: { subtotalAmount: money(subtotal), totalAmount: money(subtotal) },
      buyerIdentity: { isAuthenticated: customerGid !== null, customer: customerGid && customerRoot(state, customerGid) },
      retailLocation: null,
      deliveryGroups: [{ id: DELIVERY_GROUP }],
      lines: lines.map((line, index) => ({
        id: lineId(index),
        quantity: line.quantity,
        cost: { subtotalAmount: money(line.totalMinor), amountPerQuantity: money(line.unitMinor) },
        merchandise: { __typename: "ProductVariant", id: line.variant.gid, product: productRoot(state, line) },
      })),
    },
    shop: { localTime: { date: local.slice(0, 10), timeBetween: between } },
  };
}

function customerRoot(state: ShopState, gid: string) {
  return { id: gid, numberOfOrders: [...state.orders.values()].filter((order) => order.customerGid === gid).length };
}

function productRoot(state: ShopState, { product, variant }: PricedLine) {
  const inAnyCollection = ({ ids }: { ids?: string[] | null }) => (ids ?? []).some((gid) => state.collections.get(gid)?.productGids.includes(product.gid));
  return { id: product.gid, isGiftCard: variant.giftCard, inAnyCollection };
}
