/** One look over what Shopify has: begun once, continued from its cursor after any crash, ended once. */
import type { z } from "zod";
import { prisma, type Tx } from "../../lib/db.server";

export type PassKind = "orders" | "codes";

/** How a piece of a pass ended. */
export type PassStep =
  | { outcome: "done" }
  /** More of it remains, or Shopify asked us to wait. */
  | { outcome: "again"; afterMs: number };

export interface Pass<Cursor> {
  id: bigint;
  cursor: Cursor;
  fromAt: Date | null;
  untilAt: Date | null;
  startedAt: Date;
  problem: string | null;
}

/** A pass that could not be ended in so long is given up, and the next one begins anew. */
const OVERDUE_MS = 2 * 86_400_000;
/** Passes are kept so long; those that found nothing, shorter. */
const KEEP_MS = 30 * 86_400_000;
const KEEP_QUIET_MS = 2 * 86_400_000;

/** The pass of this kind that is under way, or null. */
export async function findPass<C extends z.ZodType>(shopId: number, kind: PassKind, cursor: C, now: Date): Promise<Pass<z.infer<C>> | null> {
  const row = await prisma.reconciliation.findFirst({ where: { shopId, kind, status: "running" }, orderBy: { id: "asc" } });
  if (!row) return null;
  const read = cursor.safeParse(row.cursor);
  if (read.success && now.getTime() - row.startedAt.getTime() < OVERDUE_MS) return { ...row, cursor: read.data };
  await failPass(shopId, row.id, "It took too long and was begun anew.", now);
  return null;
}

/** Begins a pass. No two passes of a shop run at once: they have a queue of their own. */
export async function beginPass<Cursor extends object>(shopId: number, kind: PassKind, begin: { cursor: Cursor; fromAt?: Date; untilAt?: Date; problem?: string | null }, now: Date): Promise<Pass<Cursor>> {
  const { cursor, fromAt = null, untilAt = null, problem = null } = begin;
  const { id } = await prisma.reconciliation.create({ data: { shopId, kind, cursor, fromAt, untilAt, problem, startedAt: now }, select: { id: true } });
  return { id, cursor, fromAt, untilAt, startedAt: now, problem };
}

export interface Progress {
  looked?: number;
  healed?: number;
  queued?: number;
}

/** Remembers how far the pass has come. */
export async function movePass(tx: Tx, shopId: number, passId: bigint, cursor: object, { looked = 0, healed = 0, queued = 0 }: Progress = {}): Promise<void> {
  await tx.reconciliation.updateMany({
    where: { shopId, id: passId, status: "running" },
    data: { cursor, looked: { increment: looked }, healed: { increment: healed }, queued: { increment: queued } },
  });
}

/** Ends the pass, and forgets old ones. */
export async function endPass(tx: Tx, shopId: number, passId: bigint, now: Date): Promise<void> {
  await tx.reconciliation.updateMany({ where: { shopId, id: passId, status: "running" }, data: { status: "done", endedAt: now, cursor: {} } });
  // The last of each kind that was ended says where the next begins, however long ago it was.
  const lasts = await tx.reconciliation.groupBy({ by: ["kind"], where: { shopId, status: "done" }, _max: { id: true } });
  const kept = lasts.flatMap(({ _max }) => _max.id ?? []);
  const before = (ms: number) => ({ shopId, status: { not: "running" }, startedAt: { lt: new Date(now.getTime() - ms) }, id: { notIn: kept } }) as const;
  await tx.reconciliation.deleteMany({ where: before(KEEP_MS) });
  await tx.reconciliation.deleteMany({ where: { ...before(KEEP_QUIET_MS), kind: "orders", healed: 0, queued: 0 } });
}

/** Gives the pass up; the next one begins where the last that ended left off. */
export async function failPass(shopId: number, passId: bigint, problem: string, now: Date): Promise<void> {
  await prisma.reconciliation.updateMany({ where: { shopId, id: passId, status: "running" }, data: { status: "failed", endedAt: now, problem } });
}
