/** An endpoint's secret is replaced. */
import { prisma } from "../../lib/db.server";
import { newSecret, ROTATION_HOURS } from "./endpoint";

/** Gives an endpoint a new secret, told only now. For a day the old one signs beside it, so that the receiver can change over. */
export async function rotateSecret(shopId: number, endpointId: bigint, now: Date): Promise<{ outcome: "rotated"; secret: string } | { outcome: "unknown" }> {
  const endpoint = await prisma.webhookEndpoint.findFirst({ where: { shopId, id: endpointId }, select: { secret: true } });
  if (!endpoint) return { outcome: "unknown" };
  const secret = newSecret();
  const { count } = await prisma.webhookEndpoint.updateMany({
    // Of two presses at once one rotates; the other's secret would be told and never used.
    where: { shopId, id: endpointId, secret: endpoint.secret },
    data: { secret, previousSecret: endpoint.secret, previousSecretEndsAt: new Date(now.getTime() + ROTATION_HOURS * 3_600_000) },
  });
  return count === 1 ? { outcome: "rotated", secret } : { outcome: "unknown" };
}
