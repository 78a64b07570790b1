/** A worker process for a test to kill: works what waits of a shop and says when it has begun. */
import { workWaiting } from "#app/inbox/handle.server.ts";
import { closeDatabase } from "#app/lib/db.server.ts";

const [shopDomain = "", now = ""] = process.argv.slice(2);
console.log("begins");
await workWaiting(shopDomain, () => new Date(now));
await closeDatabase();
