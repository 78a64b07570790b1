/**
 * Shopify's customer payload, as far as we read it: the same within an order and in customers/create and customers/update.
 * https://shopify.dev/docs/api/admin-rest/latest/resources/customer
 */
import { z } from "zod";
import type { CustomerFacts } from "../../domain/customers/remember.server";
import { gidOf, Instant } from "./payload";

export const CustomerPayload = z.object({
  admin_graphql_api_id: gidOf("Customer"),
  created_at: Instant.nullish(),
  updated_at: Instant.nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
});

/** The customer in the domain's words. */
export function customerFacts(payload: z.infer<typeof CustomerPayload>): CustomerFacts {
  return {
    gid: payload.admin_graphql_api_id,
    firstName: payload.first_name,
    lastName: payload.last_name,
    email: payload.email,
    phone: payload.phone,
    registeredAt: payload.created_at,
    updatedAt: payload.updated_at,
  };
}
