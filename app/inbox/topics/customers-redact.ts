import { eraseCustomer } from "../../domain/customers/erase.server";
import { findPerson } from "../../domain/customers/find-person.server";
import { gid } from "../../lib/gid";
import { eraseEventsAbout, hasNewsAbout } from "../erase.server";
import { PersonPayload } from "./customers-data-request";
import { topic } from "./topic";

/** A customer is to be forgotten: the person goes, the ledger stays under a pseudonym. News of them that waits is worked first. */
export const customersRedact = topic(PersonPayload, async (tx, { shopId, shopDomain, webhookId }, { customer: { id, email, phone } }, now) => {
  const named = { gid: gid("Customer", id), email, phone, webhookId };
  const { person } = await findPerson(tx, shopId, named);
  if (await hasNewsAbout(tx, shopDomain, person)) throw new Error("other news of this customer is worked first");
  await eraseCustomer(tx, shopId, named, now);
  await eraseEventsAbout(tx, shopDomain, person, webhookId);
});
