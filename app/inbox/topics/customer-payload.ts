/**
 * Shopify's customer payload, as far as we read it: the same within an order and in customers/create and customers/update.
 * https://shopify.dev/docs/api/admin-rest/latest/resources/customer
 */
import { z } from "zod";
import { parseBirthday, type Birthday } from "../../domain/customers/birthday";
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
  /** Those that shopify.app.toml asks for; left out of an order's customer. */
  metafields: z.array(z.object({ namespace: z.string(), key: z.string(), value: z.unknown() })).nullish(),
});
export type CustomerPayload = z.infer<typeof CustomerPayload>;

/** The customer in the domain's words. */
export function customerFacts(payload: CustomerPayload): CustomerFacts {
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

/** Shopify's standard field of the birth date, if the payload carries it and it is a date. */
export function birthdayOf({ metafields }: CustomerPayload): Birthday | null {
  const value = metafields?.find(({ namespace, key }) => namespace === "facts" && key === "birth_date")?.value;
  return typeof value === "string" ? parseBirthday(value) : null;
}
