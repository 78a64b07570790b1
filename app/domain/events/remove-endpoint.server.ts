/** An endpoint goes, with its secret and its log. */
import { inTransaction } from "../../lib/db.server";

/** Removes an endpoint and its deliveries. unknown: there is none, or it was removed before. */
export function removeEndpoint(shopId: number, endpointId: bigint): Promise<{ outcome: "removed" | "unknown" }> {
  return inTransaction(async (tx) => {
    const { count } = await tx.webhookEndpoint.deleteMany({ where: { shopId, id: endpointId } });
    await tx.webhookDelivery.deleteMany({ where: { shopId, endpointId } });
    return { outcome: count === 1 ? "removed" : "unknown" };
  });
}
