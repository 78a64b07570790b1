/** What a person does to the shop in the admin, and what a script does to fill it. */
import { z } from "zod";
import type { StoreShop } from "../shop";

const Lines = z.array(z.object({ lineGid: z.string(), quantity: z.int().min(1) })).min(1);
const Refund = z.union([z.object({ full: z.literal(true) }), z.object({ lines: Lines })]);
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
  const order = /^orders\/(\d+)\/(cancel|refund)$/.exec(path);
  if (order) return changeOrder(shop, `gid://shopify/Order/${order[1]}`, order[2] === "cancel" ? null : Refund.parse(body));
  switch (path) {
    case "webhooks/knobs":
      return { done: shop.webhooks.turn(Knobs.parse(body)) ?? {} };
    case "webhooks/resend":
      return { done: { id: shop.webhooks.redeliver(z.object({ id: z.string() }).parse(body).id).webhookId } };
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

/** `refund` null cancels. */
function changeOrder(shop: StoreShop, gid: string, refund: z.infer<typeof Refund> | null): ActionResult {
  if (!shop.orders.has(gid)) return { refused: "The shop has no such order" };
  if (!refund) return { done: { name: shop.cancelOrder(gid).name } };
  const answer = shop.refundOrder(gid, refund);
  return "refused" in answer ? { refused: `Not refunded: ${answer.refused.replaceAll("_", " ")}` } : { done: { id: answer.refund.gid } };
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
