/** A difference between us and Shopify was found: kept so that the merchant sees it, whether it healed or waits for staff. */
import type { Tx } from "../../lib/db.server";
import { DRIFT_KINDS, type DriftDetails, type DriftKind } from "./drift";

export interface FoundDrift {
  kind: DriftKind;
  /** What it is about: one open row for each kind and subject. */
  subject: string;
  /** What happened, as staff read it. */
  reason: string;
  details: DriftDetails;
}

/**
 * Records differences: those that heal by themselves as healed, at this instant; the others wait, and one that waits already is
 * refreshed. What staff left as it is stays left, as long as it looks the same. Answers how many are new.
 */
export async function recordDrift(tx: Tx, shopId: number, found: FoundDrift[], now: Date): Promise<number> {
  const healed = found.filter(({ kind }) => DRIFT_KINDS[kind].heals === "itself");
  await recordHealed(tx, shopId, healed, now);
  const queued = found.filter(({ kind }) => DRIFT_KINDS[kind].heals === "staff");
  return healed.length + (await queue(tx, shopId, queued, now));
}

/** Records differences that are healed by this transaction, or by what it has told to be done; answers their ids, in no order. */
export async function recordHealed(tx: Tx, shopId: number, found: FoundDrift[], now: Date): Promise<bigint[]> {
  if (found.length === 0) return [];
  const rows = await tx.drift.createManyAndReturn({ data: found.map((drift) => ({ ...drift, shopId, status: "healed", foundAt: now, seenAt: now, endedAt: now }) as const), select: { id: true } });
  return rows.map(({ id }) => id);
}

/** Tells staff of a difference that asks nothing of them, once for as long as it looks the same; answers how many are new. */
export async function noteOnce(tx: Tx, shopId: number, { kind, subject, reason, details }: FoundDrift, now: Date): Promise<number> {
  return tx.$executeRaw`
    INSERT INTO "Drift" ("shopId", "kind", "subject", "details", "status", "reason", "foundAt", "seenAt", "endedAt")
    SELECT ${shopId}::int, ${kind}, ${subject}, ${JSON.stringify(details)}::jsonb, 'healed', ${reason}, ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz
    WHERE NOT EXISTS (SELECT 1 FROM "Drift" d WHERE d."shopId" = ${shopId} AND d."kind" = ${kind} AND d."subject" = ${subject} AND d."status" <> 'queued'
      AND d."details" - 'left' = ${JSON.stringify(details)}::jsonb)`;
}

async function queue(tx: Tx, shopId: number, found: FoundDrift[], now: Date): Promise<number> {
  if (found.length === 0) return 0;
  const rows = await tx.$queryRaw<{ isNew: boolean }[]>`
    INSERT INTO "Drift" ("shopId", "kind", "subject", "details", "status", "reason", "foundAt", "seenAt")
    SELECT ${shopId}, f.kind, f.subject, f.details::jsonb, 'queued', f.reason, ${now}::timestamptz, ${now}::timestamptz
    FROM unnest(${found.map(({ kind }) => kind)}::text[], ${found.map(({ subject }) => subject)}::text[], ${found.map(({ details }) => JSON.stringify(details))}::text[],
      ${found.map(({ reason }) => reason)}::text[]) AS f(kind, subject, details, reason)
    WHERE NOT EXISTS (SELECT 1 FROM "Drift" l WHERE l."shopId" = ${shopId} AND l."kind" = f.kind AND l."subject" = f.subject AND l."status" = 'closed'
      AND l."details" = f.details::jsonb || '{"left": true}')
    ORDER BY f.kind, f.subject
    ON CONFLICT ("shopId", "kind", "subject") WHERE "status" = 'queued'
    DO UPDATE SET "details" = EXCLUDED."details", "reason" = EXCLUDED."reason", "seenAt" = EXCLUDED."seenAt"
    RETURNING xmax = 0 AS "isNew"`;
  return rows.filter(({ isNew }) => isNew).length;
}

/** Closes what waits of these kinds about one subject: it is no longer so. Answers how many there were. */
export async function closeDrift(tx: Tx, shopId: number, { kinds, subject }: { kinds: readonly DriftKind[]; subject: string }, now: Date): Promise<number> {
  const closed = await tx.drift.updateMany({ where: { shopId, kind: { in: [...kinds] }, subject, status: "queued" }, data: { status: "closed", endedAt: now } });
  return closed.count;
}

/** What waits of these kinds about these subjects could not be looked at: it counts as found. */
export async function keepWaiting(tx: Tx, shopId: number, { kinds, subjects }: { kinds: readonly DriftKind[]; subjects: string[] }, now: Date): Promise<void> {
  await tx.drift.updateMany({ where: { shopId, kind: { in: [...kinds] }, subject: { in: subjects }, status: "queued" }, data: { seenAt: now } });
}

/** Closes what waits of these kinds and was not found since: a whole look has passed it by. */
export async function closeUnseen(tx: Tx, shopId: number, { kinds, since }: { kinds: readonly DriftKind[]; since: Date }, now: Date): Promise<number> {
  const closed = await tx.drift.updateMany({ where: { shopId, kind: { in: [...kinds] }, status: "queued", seenAt: { lt: since } }, data: { status: "closed", endedAt: now } });
  return closed.count;
}
