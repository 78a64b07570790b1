/** Which products a discount is for. */
import type { DiscountItems } from "../../discount-records";
import type { ShopState, StoreProduct, StoreVariant } from "../../state";

/** Whether the discount reaches this variant. */
export function isEntitled(state: ShopState, items: DiscountItems, product: StoreProduct, variant: StoreVariant): boolean {
  switch (items.type) {
    case "all":
      return true;
    case "products":
      return items.productGids.includes(product.gid) || items.variantGids.includes(variant.gid);
    case "collections":
      return items.collectionGids.some((gid) => state.collections.get(gid)?.productGids.includes(product.gid));
  }
}

/** "Wool beanie", or "3 products". */
export function titlesOf(state: ShopState, items: DiscountItems): string {
  switch (items.type) {
    case "all":
      return "all products";
    case "products": {
      const count = items.productGids.length + items.variantGids.length;
      const [only] = items.productGids;
      const title = only ? state.products.get(only)?.title : undefined;
      return count === 1 && title ? title : `${count} product${count === 1 ? "" : "s"}`;
    }
    case "collections": {
      const [only] = items.collectionGids;
      const title = only ? state.collections.get(only)?.title : undefined;
      return items.collectionGids.length === 1 && title ? title : `${items.collectionGids.length} collections`;
    }
  }
}
