/** https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance */
import { z } from "zod";
import { exportCustomer } from "../../domain/customers/export.server";
import { gid } from "../../lib/gid";
import { eventsAbout } from "../erase.server";
import { topic } from "./topic";

/** The payload of both compliance topics about a person. */
export const PersonPayload = z.object({
  customer: z.object({ id: z.union([z.int(), z.string().regex(/^\d+$/)]), email: z.string().nullish(), phone: z.string().nullish() }),
});

/** A customer asks what we hold: everything is put together for the merchant. */
export const customersDataRequest = topic(PersonPayload, async (tx, { shopId, shopDomain, webhookId }, { customer: { id, email, phone } }, now) => {
  const stored = { name: "webhooks", read: (person: Parameters<typeof eventsAbout>[2], limit: number) => eventsAbout(tx, shopDomain, person, limit) };
  await exportCustomer(tx, shopId, { gid: gid("Customer", id), email, phone, webhookId }, [stored], now);
});
