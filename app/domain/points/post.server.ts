/** One line of a customer's points ledger: the only way a balance changes. */
import type { PointsEntryKind } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

export interface EntryDraft {
  customerId: bigint;
  kind: PointsEntryKind;
  /** Signed, not 0. */
  points: number;
  /** Why the entry exists, unique in the shop: the same reason posts once, however often it is told. */
  reasonKey: string;
  /** What a person reads on the statement, and all of an entry that can be erased. */
  note: string | null;
  orderGid?: string;
  /** The issuance that was paid for, or whose points return to the lots they came from. */
  issuanceId?: bigint;
  /** The spend whose points return to the lots they came from. */
  returnsEntryId?: bigint;
  occurredAt: Date;
  /** Whether the balance may fall below what is held, or below zero. Only for facts that cannot be refused. */
  overdraft?: boolean;
}

export interface Posting {
  /**
   * insufficient: the entry would take more than is spendable. full: the balance cannot count so many; what Shopify told
   * is cut to what fits, and `full` only if nothing does. After either, nothing was posted.
   */
  outcome: "posted" | "already_posted" | "insufficient" | "full";
  balance: number;
  held: number;
  /** Null: nothing was posted. */
  entryId: bigint | null;
}

/** Posts one entry, locking the customer's account until the transaction ends. */
export async function postEntry(tx: Tx, shopId: number, draft: EntryDraft, now: Date): Promise<Posting> {
  const [row] = await tx.$queryRaw<Posting[]>`
    SELECT * FROM post_points_entry(${shopId}::int, ${draft.customerId}::bigint, ${draft.kind}::"PointsEntryKind",
      ${draft.points}::int, ${draft.reasonKey}::text, ${draft.note}::text, ${draft.orderGid ?? null}::text,
      ${draft.issuanceId ?? null}::bigint, ${draft.occurredAt}::timestamptz, ${now}::timestamptz,
      ${draft.overdraft ?? false}::boolean, ${draft.returnsEntryId ?? null}::bigint)`;
  if (!row) throw new Error("post_points_entry answered nothing");
  return row;
}
