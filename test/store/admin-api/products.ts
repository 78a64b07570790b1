/** Products, variants and collections as the Admin API shows them. */
import { gidTail } from "../../../app/lib/gid";
import { toDecimal } from "../../../app/lib/money";
import type { StoreCollection, StoreProduct, StoreVariant } from "../state";
import { isoSeconds } from "../state";
import { exactCount, page, type PageArgs } from "./connection";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { type ListArgs, type Listing, listPage, listRows } from "./list";
import { moneyBag, moneyV2 } from "./money";

export const productQueries: RootResolvers = {
  product: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const product = context.state.products.get(id);
    return product ? presentProduct(product, context) : null;
  },
  products: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(listing(context), args),
  productsCount: (_source: unknown, args: ListArgs, context: AdminContext) => exactCount(listRows(listing(context), { query: args.query ?? null }).length),
  productVariant: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const found = variantsOf(context).find((row) => row.variant.gid === id);
    return found ? presentVariant(found.product, found.variant, context) : null;
  },
  productVariants: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(variantListing(context), args),
  collection: (_source: unknown, { id }: { id: string }, context: AdminContext) => {
    const collection = context.state.collections.get(id);
    return collection ? presentCollection(collection, context) : null;
  },
  collections: (_source: unknown, args: ListArgs, context: AdminContext) => listPage(collectionListing(context), args),
};

export function presentProduct(product: StoreProduct, context: AdminContext): Presented {
  const image = presentImage(product);
  const prices = product.variants.map((variant) => variant.priceMinor);
  const price = (minor: number) => moneyV2(toDecimal(minor, context.state.currency), context.state.currency);
  return {
    __typename: "Product",
    id: product.gid,
    title: product.title,
    handle: product.handle,
    description: product.description,
    vendor: product.vendor,
    productType: product.productType,
    status: product.status,
    tags: product.tags,
    featuredImage: image,
    featuredMedia: image && { __typename: "MediaImage", id: `${product.gid}/image`, alt: product.title, image, preview: { __typename: "MediaPreviewImage", image } },
    totalVariants: product.variants.length,
    hasOnlyDefaultVariant: product.variants.length === 1,
    priceRangeV2: { __typename: "ProductPriceRangeV2", minVariantPrice: price(Math.min(...prices)), maxVariantPrice: price(Math.max(...prices)) },
    variants: (args: PageArgs) => page("ProductVariantConnection", product.variants, args, (variant) => variant.gid, (variant) => presentVariant(product, variant, context)),
    variantsCount: exactCount(product.variants.length),
    collections: (args: PageArgs) => {
      const rows = [...context.state.collections.values()].filter((row) => row.productGids.includes(product.gid));
      return page("CollectionConnection", rows, args, (row) => row.gid, (row) => presentCollection(row, context));
    },
    createdAt: isoSeconds(product.createdAt),
    updatedAt: isoSeconds(product.updatedAt),
  };
}

export function presentVariant(product: StoreProduct, variant: StoreVariant, context: AdminContext): Presented {
  const { currency } = context.state;
  return {
    __typename: "ProductVariant",
    id: variant.gid,
    title: variant.title,
    displayName: product.variants.length > 1 ? `${product.title} - ${variant.title}` : product.title,
    sku: variant.sku,
    price: toDecimal(variant.priceMinor, currency),
    availableForSale: product.status === "ACTIVE",
    image: presentImage(product),
    product: () => presentProduct(product, context),
    contextualPricing: { __typename: "ProductVariantContextualPricing", price: moneyBag(variant.priceMinor, currency)["shopMoney"] },
  };
}

export function presentCollection(collection: StoreCollection, context: AdminContext): Presented {
  const products = collection.productGids.flatMap((gid) => context.state.products.get(gid) ?? []);
  return {
    __typename: "Collection",
    id: collection.gid,
    title: collection.title,
    handle: collection.handle,
    productsCount: exactCount(products.length),
    products: (args: PageArgs) => page("ProductConnection", products, args, (product) => product.gid, (product) => presentProduct(product, context)),
  };
}

function presentImage(product: StoreProduct): Presented | null {
  return product.imageUrl === null ? null : { __typename: "Image", id: `${product.gid}/image`, url: product.imageUrl, altText: product.title, width: 800, height: 800 };
}

function listing(context: AdminContext): Listing<StoreProduct> {
  return {
    typename: "ProductConnection",
    noun: "products",
    rows: context.state.products.values(),
    fieldsOf: (product) => ({
      text: [product.title, product.vendor, product.productType],
      contains: { title: product.title, vendor: product.vendor, product_type: product.productType },
      exact: { status: product.status, id: gidTail(product.gid), handle: product.handle },
      many: { tag: product.tags, sku: product.variants.flatMap((variant) => variant.sku ?? []) },
      instants: { created_at: product.createdAt, updated_at: product.updatedAt },
    }),
    sortBy: {
      TITLE: (product) => product.title.toLowerCase(),
      VENDOR: (product) => product.vendor.toLowerCase(),
      CREATED_AT: (product) => product.createdAt,
      UPDATED_AT: (product) => product.updatedAt,
    },
    gidOf: (product) => product.gid,
    present: (product) => presentProduct(product, context),
  };
}

function variantListing(context: AdminContext): Listing<{ product: StoreProduct; variant: StoreVariant }> {
  return {
    typename: "ProductVariantConnection",
    noun: "variants",
    rows: variantsOf(context),
    fieldsOf: ({ product, variant }) => ({
      text: [product.title, variant.title, variant.sku ?? ""],
      exact: { id: gidTail(variant.gid), product_id: gidTail(product.gid), sku: variant.sku },
      contains: { title: variant.title },
    }),
    gidOf: (row) => row.variant.gid,
    present: (row) => presentVariant(row.product, row.variant, context),
  };
}

function collectionListing(context: AdminContext): Listing<StoreCollection> {
  return {
    typename: "CollectionConnection",
    noun: "collections",
    rows: context.state.collections.values(),
    fieldsOf: (collection) => ({ text: [collection.title], contains: { title: collection.title }, exact: { id: gidTail(collection.gid), handle: collection.handle } }),
    sortBy: { TITLE: (collection) => collection.title.toLowerCase() },
    gidOf: (collection) => collection.gid,
    present: (collection) => presentCollection(collection, context),
  };
}

export function variantsOf({ state }: AdminContext): { product: StoreProduct; variant: StoreVariant }[] {
  return [...state.products.values()].flatMap((product) => product.variants.map((variant) => ({ product, variant })));
}
