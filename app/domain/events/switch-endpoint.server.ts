/** An endpoint is switched off for a while, and on again. */
import { inTransaction } from "../../lib/db.server";
import { publicId } from "../../lib/ids";

/** Switches an endpoint on or off. While it is off it hears of nothing, and what it still waits for fails; that can be sent again later. */
export function switchEndpoint(shopId: number, endpointId: bigint, state: "on" | "off", now: Date): Promise<{ outcome: "switched" | "unchanged" }> {
  return inTransaction(async (tx) => {
    const where = { shopId, id: endpointId, disabledAt: state === "on" ? { not: null } : null };
    const data = state === "on" ? { disabledAt: null, listensFrom: now, failures: 0, failingSince: null, retryAt: null } : { disabledAt: now };
    const { count } = await tx.webhookEndpoint.updateMany({ where, data });
    if (count === 0) return { outcome: "unchanged" };
    if (state === "on") {
      // Should it fail again, that is news.
      await tx.staffAlert.updateMany({ where: { shopId, kind: "webhooks_off", subject: publicId("webhookEndpoint", endpointId), closedAt: null }, data: { closedAt: now } });
    } else {
      await tx.webhookDelivery.updateMany({ where: { shopId, endpointId, status: "pending" }, data: { status: "failed", problem: "the endpoint was switched off", doneAt: now } });
    }
    return { outcome: "switched" };
  });
}
