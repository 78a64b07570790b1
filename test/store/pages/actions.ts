/** What a person does to the shop in the admin, and what a script does to fill it. */
import { z } from "zod";
import type { DiscountInput } from "../admin-api/discounts/input";
import type { RefundRequest } from "../orders";
import type { StoreShop } from "../shop";

const Lines = z.array(z.object({ lineGid: z.string(), quantity: z.int().min(1) })).min(1);
const Minor = z.int().min(0);
const Refund = z.union([
  z.object({ full: z.literal(true) }),
  z.object({ lines: Lines, shippingMinor: Minor.optional(), paidMinor: Minor.optional(), restock: z.enum(["return", "cancel", "no_restock"]).optional() }),
  z.object({ amountMinor: Minor }),
]);
const Edit = z.object({ add: z.array(z.object({ variantGid: z.string(), quantity: z.int().min(1) })).default([]), remove: Lines.or(z.array(z.never())).default([]) });
const Decimal = z.string().regex(/^\d+(\.\d+)?$/);
/** What is left out stays; null takes it away. */
const Discount = z.object({ percentage: z.number().min(0).max(100), amount: Decimal, minimum: Decimal.nullable(), endsAt: z.iso.datetime({ offset: true }).nullable() }).partial();
const Codes = z.object({ codes: z.array(z.string().trim().min(1).max(255)).min(1).max(1000) });
const Knobs = z.object({ duplicate: z.number().min(0).max(1), drop: z.number().min(0).max(1), delayMs: z.number().min(0).max(600_000), reorder: z.boolean() });
const Compliance = z.union([
  z.object({ topic: z.enum(["customers/data_request", "customers/redact"]), customerId: z.string() }),
  z.object({ topic: z.literal("shop/redact") }),
]);
const Shop = z.object({ name: z.string(), currency: z.string().length(3), timeZone: z.string(), shippingMinor: z.int().min(0) }).partial();
const Products = z.array(
  z.object({
    title: z.string(),
    description: z.string().optional(),
    productType: z.string().optional(),
    imageUrl: z.string().optional(),
    variants: z.array(z.object({ title: z.string().optional(), sku: z.string().optional(), price: z.string(), giftCard: z.boolean().optional() })),
  }),
);
const Collections = z.array(z.object({ title: z.string(), productGids: z.array(z.string()) }));
const Customers = z.array(z.object({ firstName: z.string(), lastName: z.string(), email: z.string(), createdAt: z.coerce.date() }));
const Orders = z
  .array(
    z.object({
      customerGid: z.string().nullable(),
      lines: z.array(z.object({ variantGid: z.string(), quantity: z.int().min(1) })).min(1),
      discountCodes: z.array(z.string()).default([]),
      processedAt: z.coerce.date().optional(),
      silent: z.boolean().default(false),
    }),
  )
  .max(2000);

/** How an action ended: what is answered, or why not. */
export type ActionResult = { done: unknown } | { refused: string };

/** Runs the action of this path, e.g. "orders/123/cancel"; null when there is none. Throws a ZodError on a body of another form. */
export function runAction(shop: StoreShop, path: string, body: unknown): ActionResult | null {
  const [, orderId, orderAct] = /^orders\/(\d+)\/(cancel|refund|edit)$/.exec(path) ?? [];
  if (orderId !== undefined && orderAct !== undefined) return changeOrder(shop, `gid://shopify/Order/${orderId}`, orderAct, body);
  const [, discountId, discountAct] = /^discounts\/(\d+)\/([a-z-]+)$/.exec(path) ?? [];
  if (discountId !== undefined && discountAct !== undefined) return changeDiscount(shop, discountId, discountAct, body);
  switch (path) {
    case "webhooks/knobs":
      return { done: shop.webhooks.turn(Knobs.parse(body)) ?? {} };
    case "webhooks/resend":
      return { done: { id: shop.webhooks.redeliver(z.object({ id: z.string() }).parse(body).id).webhookId } };
    case "customers/merge": {
      const { keptGid, deletedGid } = z.object({ keptGid: z.string(), deletedGid: z.string() }).parse(body);
      return attempt(() => ({ gid: shop.mergeCustomers(keptGid, deletedGid).gid }));
    }
    case "uninstall":
      shop.uninstall();
      return { done: {} };
    case "compliance": {
      const request = Compliance.parse(body);
      if (request.topic === "shop/redact") shop.requestCompliance(request.topic);
      else shop.requestCompliance(request.topic, request.customerId);
      return { done: {} };
    }
    default:
      return fill(shop, path, body);
  }
}

function changeOrder(shop: StoreShop, gid: string, what: string, body: unknown): ActionResult {
  if (!shop.orders.has(gid)) return { refused: "The shop has no such order" };
  if (what === "cancel") return { done: { name: shop.cancelOrder(gid).name } };
  if (what === "edit") {
    const edited = shop.editOrder(gid, Edit.parse(body));
    return "refused" in edited ? { refused: `Not edited: ${edited.refused.replaceAll("_", " ")}` } : { done: { id: edited.edit.gid } };
  }
  const answer = shop.refundOrder(gid, dropUndefined(Refund.parse(body)));
  return "refused" in answer ? { refused: `Not refunded: ${answer.refused.replaceAll("_", " ")}` } : { done: { id: answer.refund.gid } };
}

function changeDiscount(shop: StoreShop, tail: string, what: string, body: unknown): ActionResult | null {
  const discount = [...shop.discounts.values()].find(({ gid }) => gid.endsWith(`/${tail}`));
  if (!discount) return { refused: "The shop has no such discount" };
  const { gid } = discount;
  switch (what) {
    case "end":
      return { done: { endsAt: shop.deactivateDiscount(gid).endsAt } };
    case "begin":
      return { done: { endsAt: shop.activateDiscount(gid).endsAt } };
    case "delete":
      shop.deleteDiscount(gid);
      return { done: {} };
    case "change":
      return attempt(() => ({ gid: shop.changeDiscount(gid, toInput(Discount.parse(body))).gid }));
    case "codes":
      return attempt(() => shop.addCodes(gid, Codes.parse(body).codes) ?? {});
    case "remove-code":
      return attempt(() => shop.removeCode(z.object({ code: z.string() }).parse(body).code) ?? {});
    default:
      return null;
  }
}

function toInput({ percentage, amount, minimum, endsAt }: z.infer<typeof Discount>): DiscountInput {
  const value = percentage !== undefined ? { percentage: percentage / 100 } : amount !== undefined ? { discountAmount: { amount } } : undefined;
  return {
    ...(value && { customerGets: { value } }),
    ...(minimum !== undefined && { minimumRequirement: minimum === null ? {} : { subtotal: { greaterThanOrEqualToSubtotal: minimum } } }),
    ...(endsAt !== undefined && { endsAt }),
  };
}

/** What the shop refuses, in its words. A body of another form is the caller's mistake and thrown on. */
function attempt(work: () => unknown): ActionResult {
  try {
    return { done: work() };
  } catch (error) {
    if (error instanceof z.ZodError || !(error instanceof Error)) throw error;
    return { refused: error.message };
  }
}

function dropUndefined(request: z.infer<typeof Refund>): RefundRequest {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as RefundRequest;
}

/** Filling a shop: lists in, what was made out, in the same order. */
function fill(shop: StoreShop, path: string, body: unknown): ActionResult | null {
  switch (path) {
    case "configure":
      shop.configure(Shop.parse(body));
      return { done: {} };
    case "products":
      return { done: Products.parse(body).map((product) => shop.addProduct(product)) };
    case "collections":
      return { done: Collections.parse(body).map(({ title, productGids }) => shop.addCollection(title, productGids.filter((gid) => isProduct(gid)))) };
    case "customers":
      return { done: Customers.parse(body).map((customer) => ({ gid: shop.addCustomer(customer).gid })) };
    case "orders":
      return { done: Orders.parse(body).map((order) => placed(shop, order)) };
    default:
      return null;
  }
}

function placed(shop: StoreShop, order: z.infer<typeof Orders>[number]): { gid: string; name: string } | { refused: string } {
  const { processedAt, ...request } = order;
  const answer = shop.placeOrder(processedAt ? { ...request, processedAt } : request);
  return "refused" in answer ? { refused: answer.refused.map(({ code, reason }) => `${code}: ${reason}`).join(", ") } : { gid: answer.gid, name: answer.name };
}

function isProduct(gid: string): gid is `gid://shopify/Product/${string}` {
  return gid.startsWith("gid://shopify/Product/");
}
