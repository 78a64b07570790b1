/** Customers, products and collections made through the API, as far as setting up a shop needs it. */
import type { StoreCollection, StoreCustomer, StoreProduct } from "../state";
import { nextGid } from "../state";
import type { AdminContext, RootResolvers } from "./context";
import { presentCustomer } from "./customers";
import { presentCollection, presentProduct } from "./products";
import { presentUserErrors, userError } from "./user-error";

interface CustomerInput {
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
  tags?: string[] | null;
  locale?: string | null;
}

interface ProductInput {
  title?: string | null;
  vendor?: string | null;
  productType?: string | null;
  status?: StoreProduct["status"] | null;
  tags?: string[] | null;
}

export const catalogueMutations: RootResolvers = {
  customerCreate: (_source: unknown, { input }: { input: CustomerInput }, context: AdminContext) => {
    const { state, now } = context;
    const taken = [...state.customers.values()].some((one) => input.email != null && one.email?.toLowerCase() === input.email.toLowerCase());
    if (taken) return { customer: null, userErrors: presentUserErrors("UserError", [userError(["email"], "Email has already been taken", null)]) };
    const at = now.toISOString();
    const customer: StoreCustomer = {
      gid: nextGid(state, "Customer"),
      firstName: input.firstName ?? null,
      lastName: input.lastName ?? null,
      email: input.email ?? null,
      phone: input.phone ?? null,
      tags: input.tags ?? [],
      locale: input.locale ?? "en",
      createdAt: at,
      updatedAt: at,
    };
    state.customers.set(customer.gid, customer);
    return { customer: presentCustomer(customer, context), userErrors: [] };
  },

  productCreate: (_source: unknown, args: { product?: ProductInput | null; input?: ProductInput | null }, context: AdminContext) => {
    const { state, now } = context;
    const input = args.product ?? args.input ?? {};
    if (!input.title?.trim()) return { product: null, userErrors: presentUserErrors("UserError", [userError(["title"], "Title can't be blank", null)]) };
    const at = now.toISOString();
    const product: StoreProduct = {
      gid: nextGid(state, "Product"),
      title: input.title,
      handle: input.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""),
      description: "",
      vendor: input.vendor ?? state.name,
      productType: input.productType ?? "",
      status: input.status ?? "ACTIVE",
      tags: input.tags ?? [],
      imageUrl: null,
      variants: [{ gid: nextGid(state, "ProductVariant"), title: "Default Title", sku: null, priceMinor: 0, giftCard: false }],
      createdAt: at,
      updatedAt: at,
    };
    state.products.set(product.gid, product);
    return { product: presentProduct(product, context), userErrors: [] };
  },

  productDelete: (_source: unknown, { input }: { input: { id: string } }, { state }: AdminContext) => {
    if (!state.products.delete(input.id)) return { deletedProductId: null, userErrors: presentUserErrors("UserError", [userError(["id"], "Product does not exist", null)]) };
    return { deletedProductId: input.id, userErrors: [] };
  },

  collectionCreate: (_source: unknown, { input }: { input: { title?: string | null } }, context: AdminContext) => {
    const title = input.title ?? "";
    const collection: StoreCollection = { gid: nextGid(context.state, "Collection"), title, handle: title.toLowerCase().replace(/[^a-z0-9]+/g, "-"), productGids: [] };
    context.state.collections.set(collection.gid, collection);
    return { collection: presentCollection(collection, context), userErrors: [] };
  },

  collectionAddProducts: (_source: unknown, { id, productIds }: { id: string; productIds: string[] }, context: AdminContext) => {
    const collection = context.state.collections.get(id);
    if (!collection) return { collection: null, userErrors: presentUserErrors("UserError", [userError(["id"], "Collection does not exist", null)]) };
    const known = productIds.flatMap((gid) => context.state.products.get(gid)?.gid ?? []);
    collection.productGids = [...new Set([...collection.productGids, ...known])];
    return { collection: presentCollection(collection, context), userErrors: [] };
  },
};
