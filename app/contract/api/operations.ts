/** Every call of the integration API, by name: the table that routes, documents and tests it. */
import * as coupons from "./coupons";

/** Where the calls are. */
export const API_BASE = "/api/v4.0/integrations";

export const OPERATIONS = {
  ...coupons,
} as const;

export type OperationName = keyof typeof OPERATIONS;
