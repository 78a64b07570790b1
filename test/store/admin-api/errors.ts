/** Top-level errors of the Admin API, with Shopify's codes and words. */
import { type ASTNode, GraphQLError } from "graphql";

export const MAX_INPUT_SIZE = 250;
const LIMITS_PAGE = "https://shopify.dev/api/usage/limits#rate-limits";

/** Asked of Shopify's schema, but not modelled here: said plainly, so that nobody takes silence for an answer. */
export function notSupported(what: string): GraphQLError {
  return new GraphQLError(`${what} is not supported by the local store`, { extensions: { code: "LOCAL_STORE_NOT_SUPPORTED", field: what } });
}

export function accessDenied(field: string, words: string): GraphQLError {
  return new GraphQLError(`Access denied for ${field} field. Required access: ${words}`, {
    extensions: { code: "ACCESS_DENIED", documentation: "https://shopify.dev/api/usage/access-scopes", requiredAccess: words },
  });
}

/** Any list argument takes at most 250 items. */
export function inputTooLarge(size: number, path: readonly string[], node: ASTNode): GraphQLError {
  const message = `The input array size of ${size} is greater than the maximum allowed of ${MAX_INPUT_SIZE}.`;
  return new GraphQLError(message, { nodes: node, path, extensions: { code: "MAX_INPUT_SIZE_EXCEEDED" } });
}

export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST" } });
}

export const THROTTLED = { message: "Throttled", extensions: { code: "THROTTLED", documentation: LIMITS_PAGE } };

export function maxCostExceeded(cost: number, maxCost: number) {
  return {
    message: `Query cost is ${cost}, which exceeds the single query max cost limit (${maxCost}).`,
    extensions: { code: "MAX_COST_EXCEEDED", cost, maxCost, documentation: LIMITS_PAGE },
  };
}
