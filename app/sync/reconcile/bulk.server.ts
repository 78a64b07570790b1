/** A bulk query from its start to the address of its result, in steps that survive a crash. */
import { z } from "zod";
import { bulkProgress, runBulkQuery } from "../../shopify/operations/bulk-query";
import type { AdminPort } from "../../shopify/operation";
import { setback } from "../work";

/** What a pass remembers of its bulk query: how often it was begun, and the one under way. */
export const BulkCursor = z.object({ starts: z.int(), gid: z.string().nullable() });
export type BulkCursor = z.infer<typeof BulkCursor>;

/** How often one is begun before it is read page by page instead. */
const STARTS = 3;
const POLL_MS = 5_000;

export type BulkStep =
  /** Remember `bulk` and come again. */
  | { outcome: "again"; bulk: BulkCursor; afterMs: number }
  /** `url` null: nothing was found. */
  | { outcome: "ready"; url: string | null }
  /** It failed too often, or Shopify does not take it. */
  | { outcome: "refused" };

/** The next step of a bulk query. One that fails half way is begun again: what it had read may be any part. */
export async function stepBulk(admin: AdminPort, query: string, bulk: BulkCursor): Promise<BulkStep> {
  return bulk.gid === null ? start(admin, query, bulk) : follow(admin, bulk, bulk.gid);
}

async function start(admin: AdminPort, query: string, bulk: BulkCursor): Promise<BulkStep> {
  if (bulk.starts >= STARTS) return { outcome: "refused" };
  const started = await admin.call(runBulkQuery, { query });
  if (started.outcome === "ok" && started.answer.bulkOperation) return { outcome: "again", bulk: { starts: bulk.starts + 1, gid: started.answer.bulkOperation.id }, afterMs: POLL_MS };
  if (started.outcome === "refused") return { outcome: "refused" };
  return { outcome: "again", bulk: { ...bulk, starts: bulk.starts + 1 }, afterMs: started.outcome === "ok" ? POLL_MS : waitAfter(started) };
}

async function follow(admin: AdminPort, bulk: BulkCursor, gid: string): Promise<BulkStep> {
  const progress = await admin.call(bulkProgress, { id: gid });
  if (progress.outcome !== "ok") return { outcome: "again", bulk, afterMs: waitAfter(progress) };
  const status = progress.answer?.status ?? "EXPIRED";
  switch (status) {
    case "CREATED":
    case "RUNNING":
    case "CANCELING":
      return { outcome: "again", bulk, afterMs: POLL_MS };
    case "COMPLETED":
      return { outcome: "ready", url: progress.answer?.url ?? null };
    case "FAILED":
    case "CANCELED":
    case "EXPIRED":
      return { outcome: "again", bulk: { ...bulk, gid: null }, afterMs: 0 };
    default:
      return status satisfies never;
  }
}

const RETRY_MS = 30_000;

/** How long a pass waits after a call that did not succeed. */
export function waitAfter(result: Parameters<typeof setback>[0]): number {
  const worked = setback(result);
  return "afterMs" in worked ? (worked.afterMs ?? RETRY_MS) : RETRY_MS;
}
