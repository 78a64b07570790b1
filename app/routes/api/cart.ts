/** An order as integrators tell it, in the domain's words and units. Pure. */
import type { z } from "zod";
import type { Cart as SentCart } from "../../contract/api/coupons";
import type { Cart, UseLine } from "../../domain/coupons/use";
import { gid } from "../../lib/gid";
import { minorDigits, toMinor } from "../../lib/money";

/** Major units as minor ones; digits that a currency does not have are rounded half away from zero. */
export function minorOf(amount: number, currency: string): number {
  return toMinor(amount.toFixed(6), currency);
}

/** Shopify's gid of an id that may be a gid, or its number. */
export function gidOf(type: "Product" | "ProductVariant" | "Collection", id: string): string {
  return id.startsWith("gid://") ? id : gid(type, id);
}

/** Of the currencies with the most digits: what is meant in any other loses none. */
const FINEST = "KWD";

/** The cart of a validation or a burn. Amounts without a currency are meant in each coupon's own. */
export function cartOf(sent: SentCart): Omit<Cart, "customerId"> {
  const digitsOf = sent.currency ?? FINEST;
  const collections = [...(sent.collectionId ? [sent.collectionId] : []), ...(sent.collectionIds ?? []), ...(sent.collectionsIds ?? [])];
  const products = [...(sent.productIds ?? []), ...(sent.productsIds ?? [])];
  const lines = sent.lineItems ?? [];
  const linesTold = lines.length > 0 && lines.every((line) => amountOfLine(line) !== null);
  return {
    ...(sent.totalPurchaseAmount != null && { totalMinor: minorOf(sent.totalPurchaseAmount, digitsOf) }),
    ...(sent.currency ? { currency: sent.currency } : { digits: minorDigits(digitsOf) }),
    ...named("collectionGids", "Collection", [...collections, ...lines.flatMap((line) => [...(line.collectionIds ?? []), ...(line.collectionsIds ?? [])])]),
    ...named("productGids", "Product", [...products, ...lines.flatMap(({ productId }) => productId ?? [])]),
    ...named("variantGids", "ProductVariant", [...(sent.variantIds ?? []), ...lines.flatMap(({ variantId }) => variantId ?? [])]),
    ...(linesTold && { lines: lines.map((line) => lineOf(line, digitsOf)) }),
    ...((sent.branchId ?? sent.merchantId) && { merchantId: sent.branchId ?? sent.merchantId ?? "" }),
    ...(sent.channel && { channel: sent.channel }),
  };
}

function named<K extends string>(key: K, type: Parameters<typeof gidOf>[0], ids: string[]) {
  return ids.length > 0 ? { [key]: ids.map((id) => gidOf(type, id)) } : {};
}

type SentLine = NonNullable<z.output<typeof SentCart>["lineItems"]>[number];

function amountOfLine({ amount, price, quantity }: SentLine): number | null {
  return amount ?? (price == null ? null : price * (quantity ?? 1));
}

function lineOf(line: SentLine, currency: string): UseLine {
  const collections = [...(line.collectionIds ?? []), ...(line.collectionsIds ?? [])];
  return {
    ...(line.productId && { productGid: gidOf("Product", line.productId) }),
    ...(line.variantId && { variantGid: gidOf("ProductVariant", line.variantId) }),
    ...(collections.length > 0 && { collectionGids: collections.map((id) => gidOf("Collection", id)) }),
    amountMinor: minorOf(amountOfLine(line) ?? 0, currency),
  };
}
