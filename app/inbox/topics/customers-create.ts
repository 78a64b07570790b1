import { rememberCustomer } from "../../domain/customers/remember.server";
import { CustomerPayload, customerFacts } from "./customer-payload";
import { topic } from "./topic";

/** Somebody registered, or their name or address changed: customers/create and customers/update say it in the same form. */
export const customersCreate = topic(CustomerPayload, async (tx, { shopId }, payload) => {
  await rememberCustomer(tx, shopId, customerFacts(payload));
});
