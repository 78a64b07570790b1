/** The topics we work. Any other is stored and ignored. */
import { appUninstalled } from "./app-uninstalled";
import { collectionsUpdate } from "./collections-update";
import { customersCreate, customersUpdate } from "./customers-create";
import { customersDataRequest } from "./customers-data-request";
import { customersMerge } from "./customers-merge";
import { customersPurchasingSummary } from "./customers-purchasing-summary";
import { customersRedact } from "./customers-redact";
import { discountsUpdate } from "./discounts-update";
import { ordersCancelled } from "./orders-cancelled";
import { ordersCreate } from "./orders-create";
import { ordersUpdated } from "./orders-updated";
import { refundsCreate } from "./refunds-create";
import { shopRedact } from "./shop-redact";
import type { SetTopic, Topic } from "./topic";

/** Worked in sets: what comes in crowds. */
export const setTopics: ReadonlyMap<string, SetTopic> = new Map([
  ["orders/create", ordersCreate],
  ["orders/updated", ordersUpdated],
]);

/** Worked one by one. */
export const topics: ReadonlyMap<string, Topic> = new Map([
  ["orders/cancelled", ordersCancelled],
  ["refunds/create", refundsCreate],
  ["customers/create", customersCreate],
  ["customers/update", customersUpdate],
  ["customers/merge", customersMerge],
  ["customers/purchasing_summary", customersPurchasingSummary],
  ["collections/update", collectionsUpdate],
  ["collections/delete", collectionsUpdate],
  ["discounts/update", discountsUpdate],
  ["discounts/delete", discountsUpdate],
  ["app/uninstalled", appUninstalled],
  ["customers/data_request", customersDataRequest],
  ["customers/redact", customersRedact],
  ["shop/redact", shopRedact],
]);
