/** `node` and `nodes`: anything of the shop by its id. */
import type { AdminContext, RootResolvers } from "./context";
import { presentCustomer } from "./customers";
import { presentAutomaticNode, presentCodeNode } from "./discounts/present";
import { presentOrder } from "./orders";
import { presentCollection, presentProduct, presentVariant, variantsOf } from "./products";
import { presentSegment } from "./segments";
import { notSupported } from "./errors";

export const nodeQueries: RootResolvers = {
  node: (_source: unknown, { id }: { id: string }, context: AdminContext) => findNode(id, context),
  nodes: (_source: unknown, { ids }: { ids: string[] }, context: AdminContext) => ids.map((id) => findNode(id, context)),
};

function findNode(gid: string, context: AdminContext): unknown {
  const { state } = context;
  const kind = gid.split("/")[3] ?? "";
  const shown = <T>(found: T | undefined, present: (one: T, context: AdminContext) => unknown) => (found === undefined ? null : present(found, context));
  switch (kind) {
    case "Customer":
      return shown(state.customers.get(gid), presentCustomer);
    case "Product":
      return shown(state.products.get(gid), presentProduct);
    case "ProductVariant":
      return shown(variantsOf(context).find(({ variant }) => variant.gid === gid), ({ product, variant }) => presentVariant(product, variant, context));
    case "Collection":
      return shown(state.collections.get(gid), presentCollection);
    case "Segment":
      return shown(state.segments.get(gid), presentSegment);
    case "Order":
      return shown(state.orders.get(gid), presentOrder);
    case "DiscountCodeNode":
      return shown(state.discounts.get(gid), presentCodeNode);
    case "DiscountAutomaticNode":
      return shown(state.discounts.get(gid), presentAutomaticNode);
    default:
      throw notSupported(`a node of type ${kind}`);
  }
}
