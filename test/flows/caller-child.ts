/** A process of the app that calls Shopify for some shops at once when it is told to, and says how each call went. */
import { closeDatabase } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { jobProgress } from "#app/shopify/operations/redeem-codes.ts";

const ports = process.argv.slice(2).map((domain) => openAdmin(domain));

async function callAll(): Promise<void> {
  const results = await Promise.all(ports.map((port) => port.call(jobProgress, { id: "gid://shopify/Job/none" })));
  process.send?.(results.map(({ outcome }) => outcome));
}

process.on("message", () => void callAll());
process.on("disconnect", () => void closeDatabase());
process.send?.("ready");
