/** https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance */
import { z } from "zod";
import { exportCustomer } from "../../domain/customers/export.server";
import { gid } from "../../lib/gid";
import { topic } from "./topic";

/** The payload of both compliance topics about a person. */
export const PersonPayload = z.object({ customer: z.object({ id: z.union([z.int(), z.string().regex(/^\d+$/)]) }) });

/** A customer asks what we hold: everything is put together for the merchant. */
export const customersDataRequest = topic(PersonPayload, async (tx, { shopId, webhookId }, { customer }, now) => {
  await exportCustomer(tx, shopId, { gid: gid("Customer", customer.id), webhookId }, now);
});
