/** Metafields are set by their owner's id: those of discounts, here. */
import type { AdminContext, RootResolvers } from "../context";
import { notSupported } from "../errors";
import { presentUserErrors, userError } from "../user-error";
import type { MetafieldInput } from "./input";
import { presentMetafield } from "./present";
import { setMetafield } from "./save";

type SetInput = MetafieldInput & { ownerId: string };

export const metafieldMutations: RootResolvers = {
  metafieldsSet: (_source: unknown, { metafields }: { metafields: SetInput[] }, { state }: AdminContext) => {
    const other = metafields.find(({ ownerId }) => !ownerId.startsWith("gid://shopify/Discount"));
    if (other) throw notSupported(`metafields of ${other.ownerId}`);
    const owned = metafields.flatMap((field) => {
      const discount = state.discounts.get(field.ownerId);
      return discount ? [{ discount, field }] : [];
    });
    // All or none, as Shopify sets them. The words are assumed, no recording has them.
    const unknown = metafields.findIndex(({ ownerId }) => !state.discounts.has(ownerId));
    if (unknown >= 0) {
      const errors = [userError(["metafields", String(unknown), "ownerId"], "Owner does not exist.", "INVALID")];
      return { metafields: [], userErrors: presentUserErrors("MetafieldsSetUserError", errors) };
    }
    return { metafields: owned.map(({ discount, field }) => presentMetafield(setMetafield(state, discount, field))), userErrors: [] };
  },
};
