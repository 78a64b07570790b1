/** Shopify Functions that are released in the app: an app discount runs one. */
import type { ShopState, StoreFunction } from "../state";
import type { ReleasedFunction } from "../functions/released";
import type { AdminContext, Presented, RootResolvers } from "./context";

export const functionQueries: RootResolvers = {
  shopifyFunction: (_source: unknown, { id }: { id: string }, { state }: AdminContext) => {
    const found = state.functions.find((one) => one.id === id);
    return found ? presentFunction(found) : null;
  },
};

/** Makes a Function of the app known to a shop, or brings what the shop knows of it up to date. */
export function releaseFunction(state: ShopState, { handle, title, description }: ReleasedFunction, app: { apiKey: string; title: string }): void {
  state.functions = state.functions.filter((one) => one.handle !== handle);
  const owner = { id: "gid://shopify/App/1", title: app.title, handle: app.title.toLowerCase() };
  state.functions.push({ id: `function-${handle}`, handle, title, description, apiType: "discount", appKey: app.apiKey, app: owner });
}

/** The function an input names by id or by handle. */
export function findFunction(state: ShopState, input: { functionId?: string | null; functionHandle?: string | null }): StoreFunction | null {
  return state.functions.find((one) => one.id === input.functionId || one.handle === input.functionHandle) ?? null;
}

/** What an app discount says of its function. */
export function presentFunctionType(state: ShopState, functionId: string | null): Presented {
  const found = state.functions.find((one) => one.id === functionId);
  return { __typename: "AppDiscountType", functionId, title: found?.title ?? "", description: found?.description ?? "", appKey: found?.appKey ?? "" };
}

function presentFunction(found: StoreFunction): Presented {
  const app = { __typename: "App", id: found.app.id, title: found.app.title, handle: found.app.handle, apiKey: found.appKey };
  return { __typename: "ShopifyFunction", id: found.id, handle: found.handle, title: found.title, apiType: found.apiType, description: found.description, appKey: found.appKey, app };
}
