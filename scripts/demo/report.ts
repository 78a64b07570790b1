/** What the demo prints when all is up. */
import { DEMO_SHOP, addressesOf, type DemoPorts } from "./addresses";
import type { Child } from "./children";
import type { SeededShop } from "./prepare";

export function printAddresses(ports: DemoPorts): void {
  const { admin, storefront } = addressesOf(ports);
  console.log(`
  Merchant's admin   ${admin}
  Storefront         ${storefront}

  Create an award in the admin, log in as a customer in the storefront, redeem it in the checkout.
  Logs: .data/log. Stop with Ctrl-C; the data stays. Start over: npm run demo -- --reset
`);
}

/** One line for scripts. */
export function printJson(ports: DemoPorts, shop: SeededShop): void {
  console.log(JSON.stringify({ ...addressesOf(ports), shop: DEMO_SHOP, ...shop }));
}

/** Drives the main job and prints what happened as one line; a process that dies meanwhile ends it. */
export async function checkAndPrint(ports: DemoPorts, children: Child[]): Promise<void> {
  const { runCheck } = await import("#scripts/check.ts");
  const result = await Promise.race([runCheck(addressesOf(ports)), ...children.map((child) => child.died)]);
  console.log(JSON.stringify(result));
}
