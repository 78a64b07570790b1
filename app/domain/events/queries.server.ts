/** Reads about events and those who listen, shaped for the merchant's screens. */
import type { DeliveryStatus } from "../../generated/prisma/client";
import { prisma } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";

/** Deliveries of one kind are counted so far; a list says "1,000+". */
export const COUNT_LIMIT = 1000;

export interface EndpointRow {
  id: bigint;
  url: string;
  kinds: string[];
  failingSince: Date | null;
  disabledAt: Date | null;
  /** Deliveries on the way and given up, each counted up to COUNT_LIMIT. */
  waiting: number;
  failed: number;
}

/** Every endpoint of the shop, the oldest first. */
export function listEndpoints(shopId: number): Promise<EndpointRow[]> {
  return prisma.$queryRaw<EndpointRow[]>`
    SELECT p."id", p."url", p."kinds", p."failingSince", p."disabledAt",
      (SELECT count(*)::int FROM (SELECT 1 FROM "WebhookDelivery" d
        WHERE d."shopId" = ${shopId} AND d."endpointId" = p."id" AND d."status" = 'pending' LIMIT ${COUNT_LIMIT}) counted) AS "waiting",
      (SELECT count(*)::int FROM (SELECT 1 FROM "WebhookDelivery" d
        WHERE d."shopId" = ${shopId} AND d."endpointId" = p."id" AND d."status" = 'failed' LIMIT ${COUNT_LIMIT}) counted) AS "failed"
    FROM "WebhookEndpoint" p WHERE p."shopId" = ${shopId} ORDER BY p."id"`;
}

/** An endpoint of the shop as its page shows it, without its secret; or null. */
export function findEndpoint(shopId: number, endpointId: bigint) {
  return prisma.webhookEndpoint.findUnique({
    where: { shopId_id: { shopId, id: endpointId } },
    select: { id: true, url: true, kinds: true, failingSince: true, retryAt: true, disabledAt: true, createdAt: true, previousSecretEndsAt: true },
  });
}

export interface DeliveryRow {
  id: bigint;
  eventId: bigint;
  kind: string;
  seq: number;
  occurredAt: Date;
  status: DeliveryStatus;
  attempts: number;
  attemptedAt: Date | null;
  nextAttemptAt: Date;
  httpStatus: number | null;
  answer: string | null;
  problem: string | null;
}

/** A page of what was sent to an endpoint, the newest event first. */
export async function listDeliveries(shopId: number, endpointId: bigint, { failedOnly, position }: { failedOnly: boolean; position: Position }): Promise<Page<DeliveryRow>> {
  const backwards = position?.direction === "before";
  const edge = position?.key[0] ?? "";
  const read = await prisma.webhookDelivery.findMany({
    where: { shopId, endpointId, ...(failedOnly && { status: "failed" as const }), ...(/^\d{1,18}$/.test(edge) && { eventId: backwards ? { gt: BigInt(edge) } : { lt: BigInt(edge) } }) },
    orderBy: { eventId: backwards ? "asc" : "desc" },
    take: PAGE_SIZE + 1,
  });
  const events = await prisma.event.findMany({ where: { shopId, id: { in: read.map(({ eventId }) => eventId) } }, select: { id: true, kind: true, seq: true, occurredAt: true } });
  const rows = read.flatMap(({ id, eventId, status, attempts, attemptedAt, nextAttemptAt, httpStatus, answer, problem }) => {
    const event = events.find((one) => one.id === eventId);
    const { kind, seq, occurredAt } = event ?? {};
    // Pruned between the two reads.
    if (kind === undefined || seq == null || occurredAt === undefined) return [];
    return { id, eventId, kind, seq, occurredAt, status, attempts, attemptedAt, nextAttemptAt, httpStatus, answer, problem };
  });
  return cutPage(rows, position, (row) => [String(row.eventId)]);
}
