/** An integrator's address begins to hear of a shop's events. */
import { inTransaction } from "../../lib/db.server";
import { addressProblem, ENDPOINTS_LIMIT, newSecret, type AddressRules, type EndpointDraft } from "./endpoint";

export type EndpointAdding =
  /** secret: signs every delivery; this is the only time it is told. */
  | { outcome: "added"; endpointId: bigint; secret: string }
  | { outcome: "refused"; problem: string };

/** Adds an endpoint; it hears of what happens from now on. */
export async function addEndpoint(shopId: number, { url, kinds }: EndpointDraft, rules: AddressRules, now: Date): Promise<EndpointAdding> {
  const problem = addressProblem(url, rules);
  if (problem) return { outcome: "refused", problem };
  return inTransaction(async (tx): Promise<EndpointAdding> => {
    // Two presses at once would both count too few.
    await tx.$queryRaw`SELECT 1 FROM "Shop" WHERE "id" = ${shopId} FOR NO KEY UPDATE`;
    const others = await tx.webhookEndpoint.findMany({ where: { shopId }, select: { url: true } });
    if (others.some((other) => other.url === url)) return { outcome: "refused", problem: "This address is on the list already." };
    if (others.length >= ENDPOINTS_LIMIT) return { outcome: "refused", problem: `A shop has at most ${ENDPOINTS_LIMIT} endpoints.` };
    const { id, secret } = await tx.webhookEndpoint.create({ data: { shopId, url, kinds, secret: newSecret(), listensFrom: now, createdAt: now } });
    return { outcome: "added", endpointId: id, secret };
  });
}
