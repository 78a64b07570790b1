/** What the demo prints when all is up. */
import { API_BASE } from "#app/contract/api/operations.ts";
import { DEMO_SHOP, addressesOf, type DemoPorts } from "./addresses";
import type { Child } from "./children";
import type { SeededShop } from "./prepare";

export function printAddresses(ports: DemoPorts): void {
  const { admin, storefront, app } = addressesOf(ports);
  console.log(`
  Merchant's admin   ${admin}
  Storefront         ${storefront}
  API                ${app}/api/reference

  Create an award in the admin, log in as a customer in the storefront, redeem it in the checkout.
  Logs: .data/log. Stop with Ctrl-C; the data stays. Start over: npm run demo -- --reset
`);
}

/** One line for scripts. */
export function printJson(ports: DemoPorts, shop: SeededShop): void {
  const addresses = addressesOf(ports);
  const { api, ...rest } = shop;
  console.log(JSON.stringify({ ...addresses, shop: DEMO_SHOP, api: { url: `${addresses.app}${API_BASE}`, ...api, document: `${addresses.app}/api/openapi.json`, reference: `${addresses.app}/api/reference` }, ...rest }));
}

/** Drives the main job and prints what happened as one line; a process that dies meanwhile ends it. */
export async function checkAndPrint(ports: DemoPorts, children: Child[]): Promise<void> {
  const { runCheck } = await import("#scripts/check.ts");
  const result = await Promise.race([runCheck(addressesOf(ports)), ...children.map((child) => child.died)]);
  console.log(JSON.stringify(result));
}
