/** What an endpoint missed is sent to it again. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { DELIVERY_HOURS } from "./pace";
import { wakeDelivery } from "./wake.server";

const RESEND_LIMIT = 10_000;

export type Resending =
  /** count: deliveries that are on their way again. */
  | { outcome: "resent"; count: number }
  /** Switched off: switch it on first. */
  | { outcome: "endpoint_off" }
  | { outcome: "unknown" };

/** Sends one delivery again, whatever came of it, with the same event id and sequence number. */
export async function resendDelivery(shopId: number, deliveryId: bigint, now: Date): Promise<Resending> {
  const delivery = await prisma.webhookDelivery.findFirst({ where: { shopId, id: deliveryId }, select: { endpointId: true } });
  if (!delivery) return { outcome: "unknown" };
  return resend(shopId, delivery.endpointId, now, (tx) => setAgain(tx, shopId, [deliveryId], now));
}

/** Sends everything at once that an endpoint never got, given up or still waiting for its next try: the oldest 10,000. */
export function resendMissed(shopId: number, endpointId: bigint, now: Date): Promise<Resending> {
  return resend(shopId, endpointId, now, async (tx) => {
    const missed = await tx.webhookDelivery.findMany({ where: { shopId, endpointId, status: { in: ["failed", "pending"] } }, orderBy: { eventId: "asc" }, take: RESEND_LIMIT, select: { id: true } });
    return setAgain(tx, shopId, missed.map(({ id }) => id), now);
  });
}

function resend(shopId: number, endpointId: bigint, now: Date, set: (tx: Tx) => Promise<number>): Promise<Resending> {
  return inTransaction(async (tx): Promise<Resending> => {
    // Tried at once, however long the endpoint would be left alone.
    const { count } = await tx.webhookEndpoint.updateMany({ where: { shopId, id: endpointId, disabledAt: null }, data: { retryAt: null } });
    if (count === 0) return { outcome: (await tx.webhookEndpoint.count({ where: { shopId, id: endpointId } })) === 1 ? "endpoint_off" : "unknown" };
    const resent = await set(tx);
    await wakeDelivery(tx, shopId, endpointId);
    return { outcome: "resent", count: resent };
  });
}

async function setAgain(tx: Tx, shopId: number, ids: bigint[], now: Date): Promise<number> {
  const { count } = await tx.webhookDelivery.updateMany({
    where: { shopId, id: { in: ids } },
    data: { status: "pending", attempts: 0, nextAttemptAt: now, giveUpAt: new Date(now.getTime() + DELIVERY_HOURS * 3_600_000), doneAt: null },
  });
  return count;
}
