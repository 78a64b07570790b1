/** One change of a shop's rules and tiers at a time. */
import type { Tx } from "../../lib/db.server";

/** Waits until nobody else changes how this shop's customers earn: counts and names that were looked at then hold. */
export async function lockEarning(tx: Tx, shopId: number): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(${`earning:${shopId}`}, 0))) locked`;
}
