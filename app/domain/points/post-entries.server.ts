/** Several lines of the ledger in one round trip, one after another. */
import type { Tx } from "../../lib/db.server";
import type { EntryDraft, Posting } from "./post.server";

export interface EntriesDraft extends Omit<EntryDraft, "returnsEntryId"> {
  /** A hold that ends as spent before the entry; points may be 0 then, and it ends alone. */
  holdId?: bigint | null;
}

/** Posts these entries in their order, as `postEntry` does each; answers what came of each. Throws if a hold had ended before. */
export async function postEntries(tx: Tx, shopId: number, drafts: EntriesDraft[], now: Date): Promise<Posting["outcome"][]> {
  if (drafts.length === 0) return [];
  const rows = drafts.map(({ customerId, issuanceId, holdId, ...entry }) => ({
    ...entry, customerId: String(customerId), issuanceId: issuanceId == null ? null : String(issuanceId), holdId: holdId == null ? null : String(holdId),
  }));
  const outcomes = await tx.$queryRaw<{ outcome: Posting["outcome"] }[]>`
    SELECT * FROM post_points_entries(${shopId}::int, ${JSON.stringify(rows)}::jsonb, ${now}::timestamptz) AS outcome`;
  return outcomes.map(({ outcome }) => outcome);
}
