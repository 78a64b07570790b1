import { rememberCustomer } from "../../domain/customers/remember.server";
import { setBirthday } from "../../domain/customers/set-birthday.server";
import { giveSignup } from "../../domain/points/give-signup.server";
import type { Tx } from "../../lib/db.server";
import { birthdayOf, CustomerPayload, customerFacts } from "./customer-payload";
import { topic } from "./topic";

/** Somebody registered. */
export const customersCreate = topic(CustomerPayload, async (tx, { shopId }, payload, now) => {
  const customerId = await remember(tx, shopId, payload);
  await giveSignup(tx, shopId, customerId, now);
});

/** Their name, address or birth date changed. */
export const customersUpdate = topic(CustomerPayload, async (tx, { shopId }, payload) => {
  await remember(tx, shopId, payload);
});

async function remember(tx: Tx, shopId: number, payload: CustomerPayload): Promise<bigint> {
  const facts = customerFacts(payload);
  const customer = await rememberCustomer(tx, shopId, facts);
  const birthday = birthdayOf(payload);
  // News that comes late fills a gap only.
  const isNews = customer.birthMonth === null || !facts.updatedAt || !customer.sourceUpdatedAt || facts.updatedAt >= customer.sourceUpdatedAt;
  if (birthday && isNews) await setBirthday(tx, shopId, customer.id, birthday);
  return customer.id;
}
