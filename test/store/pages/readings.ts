/** What the admin's own pages and its pickers read, out of the shop's state. */
import { formatMoney } from "../../../app/lib/money";
import { statusOf } from "../admin-api/discounts/status";
import { summaryOf } from "../admin-api/discounts/summary";
import type { StoreShop } from "../shop";
import type { StoreDiscount } from "../discount-records";
import type { StoreOrder } from "../order-records";
import type { StoreCustomer } from "../state";
import type { CustomerRow, DeliveryRow, DiscountDetail, DiscountRow, OrderDetail, OrderRow, ProductRow, WebhookPage } from "./admin/data";
import type { PickRow } from "./bridge/protocol";
import type { StorefrontData } from "./storefront/data";

const LIST_LIMIT = 250;
const CODES_SHOWN = 500;
const PICK_LIMIT = 50;

export function listOrders(shop: StoreShop): OrderRow[] {
  const newest = [...shop.orders.values()].sort((left, right) => right.processedAt.localeCompare(left.processedAt) || right.number - left.number);
  return newest.slice(0, LIST_LIMIT).map((order) => orderRow(shop, order));
}

function orderRow(shop: StoreShop, order: StoreOrder): OrderRow {
  const refunded = order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0);
  return {
    id: order.gid,
    name: order.name,
    customer: nameOf(order.customerGid ? shop.customers.get(order.customerGid) : undefined),
    processedAt: order.processedAt,
    total: money(shop, order.totalMinor),
    codes: order.applications.map(({ code }) => code),
    status: order.cancelledAt ? "Cancelled" : refunded === 0 ? "Paid" : refunded < order.totalMinor ? "Partly refunded" : "Refunded",
  };
}

/** One order, or null. */
export function readOrder(shop: StoreShop, gid: string): OrderDetail | null {
  const order = shop.orders.get(gid);
  if (!order) return null;
  const items = order.lines.reduce((sum, line) => sum + line.unitMinor * line.quantity, 0);
  return {
    ...orderRow(shop, order),
    customerId: order.customerGid,
    lines: order.lines.map((line) => ({
      id: line.gid,
      title: line.variantTitle ? `${line.title} (${line.variantTitle})` : line.title,
      quantity: line.quantity,
      refundable: line.quantity - line.refundedQuantity,
      price: money(shop, line.unitMinor),
      discount: money(shop, line.allocations.reduce((sum, allocation) => sum + allocation.minor, 0)),
    })),
    subtotal: money(shop, items),
    discount: money(shop, order.applications.reduce((sum, application) => sum - application.minor, 0)),
    refunded: money(shop, order.refunds.reduce((sum, refund) => sum + refund.totalMinor, 0)),
    cancelled: order.cancelledAt !== null,
    refunds: order.refunds.map((refund) => ({ id: refund.gid, at: refund.createdAt, amount: money(shop, refund.totalMinor) })),
  };
}

export function listDiscounts(shop: StoreShop): DiscountRow[] {
  return [...shop.discounts.values()].reverse().slice(0, LIST_LIMIT).map((discount) => discountRow(shop, discount));
}

function discountRow(shop: StoreShop, discount: StoreDiscount): DiscountRow {
  let usesCount = 0;
  for (const key of discount.codeKeys) usesCount += shop.state.codes.get(key)?.uses ?? 0;
  const status = statusOf(discount, shop.now()).toLowerCase();
  return {
    id: discount.gid,
    title: discount.title,
    summary: summaryOf(shop.state, discount),
    status: status.charAt(0).toUpperCase() + status.slice(1),
    codesCount: discount.codeKeys.size,
    usesCount,
  };
}

/** One discount with its most used and first codes, or null. */
export function readDiscount(shop: StoreShop, tail: string): DiscountDetail | null {
  const discount = [...shop.discounts.values()].find(({ gid }) => gid.endsWith(`/${tail}`));
  if (!discount) return null;
  const codes = [...discount.codeKeys].flatMap((key) => shop.state.codes.get(key) ?? []);
  const used = codes.filter(({ uses }) => uses > 0);
  const shown = [...used, ...codes.filter(({ uses }) => uses === 0)].slice(0, CODES_SHOWN);
  const minimum = discount.minimum?.type === "subtotal" ? discount.minimum.subtotal : null;
  return { ...discountRow(shop, discount), startsAt: discount.startsAt, endsAt: discount.endsAt, value: valueOf(discount), minimum, codes: shown.map(({ code, uses }) => ({ code, uses })) };
}

function valueOf({ gets }: StoreDiscount): DiscountDetail["value"] {
  if (gets?.value.type === "percentage") return { percentage: Math.round(gets.value.percentage * 1e6) / 1e4 };
  return gets?.value.type === "amount" ? { amount: gets.value.amount } : null;
}

export function listCustomers(shop: StoreShop): CustomerRow[] {
  const orders = new Map<string, { count: number; spent: number }>();
  for (const order of shop.orders.values()) {
    const { count, spent } = orders.get(order.customerGid ?? "") ?? { count: 0, spent: 0 };
    orders.set(order.customerGid ?? "", { count: count + 1, spent: spent + order.totalMinor });
  }
  return [...shop.customers.values()].slice(0, LIST_LIMIT).map((customer) => ({
    id: customer.gid,
    name: nameOf(customer),
    email: customer.email ?? "",
    ordersCount: orders.get(customer.gid)?.count ?? 0,
    spent: money(shop, orders.get(customer.gid)?.spent ?? 0),
  }));
}

export function listProducts(shop: StoreShop): ProductRow[] {
  return [...shop.products.values()].slice(0, LIST_LIMIT).map((product) => ({
    id: product.gid,
    title: product.title,
    imageUrl: product.imageUrl,
    variants: product.variants.map((variant) => ({ id: variant.gid, title: variantTitle(variant.title), price: money(shop, variant.priceMinor) })),
  }));
}

/** The newest deliveries and how they are disturbed. */
export function readWebhooks(shop: StoreShop): WebhookPage {
  const { duplicate, drop, delayMs, reorder } = shop.webhooks.knobs;
  const newest = shop.webhooks.log.slice(-100).reverse();
  return {
    knobs: { duplicate, drop, delayMs, reorder },
    deliveries: newest.map((delivery, index): DeliveryRow => ({
      key: `${delivery.webhookId}-${newest.length - index}`,
      id: delivery.webhookId,
      topic: delivery.topic,
      at: delivery.triggeredAt,
      attempts: delivery.attempts.length,
      status: delivery.status,
      answer: delivery.attempts.at(-1)?.result ?? "not sent",
      payload: pretty(delivery.body),
    })),
  };
}

/** What the pickers find; what the app gets back is in `value`. */
export function findPicks(shop: StoreShop, resource: string, query: string): PickRow[] {
  const wanted = query.trim().toLowerCase();
  return picksOf(shop, resource).filter((row) => `${row.heading} ${row.detail}`.toLowerCase().includes(wanted)).slice(0, PICK_LIMIT);
}

function picksOf(shop: StoreShop, resource: string): PickRow[] {
  const products = [...shop.products.values()];
  switch (resource) {
    case "product":
      return products.map((product) => {
        const variants = product.variants.map(({ gid, title }) => ({ id: gid, title }));
        const images = product.imageUrl ? [{ id: product.gid, originalSrc: product.imageUrl, altText: product.title }] : [];
        const value = { id: product.gid, title: product.title, handle: product.handle, status: product.status, images, variants, totalVariants: variants.length };
        return { id: product.gid, heading: product.title, detail: money(shop, product.variants[0]?.priceMinor ?? 0), imageUrl: product.imageUrl, value };
      });
    case "variant":
      return products.flatMap((product) =>
        product.variants.map((variant) => {
          const displayName = `${product.title} - ${variantTitle(variant.title)}`;
          const value = { id: variant.gid, title: variant.title, displayName, sku: variant.sku, product: { id: product.gid, title: product.title } };
          return { id: variant.gid, heading: displayName, detail: money(shop, variant.priceMinor), imageUrl: product.imageUrl, value };
        }),
      );
    case "collection":
      return [...shop.state.collections.values()].map((collection) => {
        const count = collection.productGids.length;
        const value = { id: collection.gid, title: collection.title, handle: collection.handle, productsCount: count };
        return { id: collection.gid, heading: collection.title, detail: `${count} products`, imageUrl: null, value };
      });
    case "customer":
      return [...shop.customers.values()].map((customer) => {
        const value = { id: customer.gid, displayName: nameOf(customer), email: customer.email };
        return { id: customer.gid, heading: nameOf(customer), detail: customer.email ?? "", imageUrl: null, value };
      });
    default:
      return [];
  }
}

/** Everything the storefront shows. */
export function readStorefront(shop: StoreShop): StorefrontData {
  return {
    shop: shop.domain,
    name: shop.name,
    currency: shop.currency,
    products: [...shop.products.values()].slice(0, LIST_LIMIT).map((product) => ({
      id: product.gid,
      title: product.title,
      description: product.description,
      imageUrl: product.imageUrl,
      variants: product.variants.map(({ gid, title, priceMinor }) => ({ id: gid, title: variantTitle(title), priceMinor })),
    })),
    customers: [...shop.customers.values()].slice(0, LIST_LIMIT).map((customer) => ({ id: customer.gid, name: nameOf(customer), email: customer.email ?? "" })),
  };
}

function nameOf(customer: StoreCustomer | undefined): string {
  if (!customer) return "Guest";
  return [customer.firstName, customer.lastName].filter(Boolean).join(" ") || customer.email || "Unnamed";
}

/** Shopify calls the only variant of a product so. */
function variantTitle(title: string): string {
  return title === "Default Title" ? "One size" : title;
}

function money(shop: StoreShop, minor: number): string {
  return formatMoney(minor, shop.currency);
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
