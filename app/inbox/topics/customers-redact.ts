import { eraseCustomer } from "../../domain/customers/erase.server";
import { gid } from "../../lib/gid";
import { eraseEventsAbout } from "../erase.server";
import { PersonPayload } from "./customers-data-request";
import { topic } from "./topic";

/** A customer is to be forgotten: the person goes, the ledger stays under a pseudonym. */
export const customersRedact = topic(PersonPayload, async (tx, { shopId, shopDomain, webhookId }, { customer }, now) => {
  const customerGid = gid("Customer", customer.id);
  await eraseCustomer(tx, shopId, { gid: customerGid, webhookId }, now);
  await eraseEventsAbout(tx, shopDomain, customerGid);
});
