/** Whether points ledgers are as they were written: every entry of every customer, and what hangs on them. */
import { inTransaction } from "../../lib/db.server";
import { joinOnce } from "../../lib/join-once.server";

export type Verification =
  | { outcome: "unbroken"; entriesCount: number }
  /** seq: the first entry that is wrong or missing; null: the entries are sound, but not the account, its lots or what is held. */
  | { outcome: "broken"; seq: number | null };

/** Walks one customer's ledger. */
export async function verifyChain(shopId: number, customerId: bigint): Promise<Verification> {
  const [walked] = await walk(shopId, { after: customerId - 1n, until: customerId, limit: 1 });
  if (!walked) return { outcome: "unbroken", entriesCount: 0 };
  return walked.brokenSeq === null && !walked.booksBroken ? { outcome: "unbroken", entriesCount: walked.entriesCount } : { outcome: "broken", seq: walked.brokenSeq };
}

export interface LedgerStep {
  customersCount: number;
  entriesCount: number;
  broken: { customerId: bigint; seq: number | null }[];
  /** After whom the next step begins; null: this was the last. */
  nextAfter: bigint | null;
}

/** Walks the ledgers of the shop's next customers, in the order of their ids. Each step sees one instant, whatever is posted meanwhile. */
export async function verifyLedger(shopId: number, { afterCustomerId, limit }: { afterCustomerId: bigint; limit: number }): Promise<LedgerStep> {
  const walked = await walk(shopId, { after: afterCustomerId, until: null, limit });
  const broken = walked.filter(({ brokenSeq, booksBroken }) => brokenSeq !== null || booksBroken);
  return {
    customersCount: walked.length,
    entriesCount: walked.reduce((sum, { entriesCount }) => sum + entriesCount, 0),
    broken: broken.map(({ customerId, brokenSeq }) => ({ customerId, seq: brokenSeq })),
    nextAfter: walked.length < limit ? null : (walked.at(-1)?.customerId ?? null),
  };
}

interface WalkedLedger {
  customerId: bigint;
  entriesCount: number;
  brokenSeq: number | null;
  booksBroken: boolean;
}

/** A few hundred customers with all they ever did: long ledgers take longer than other transactions may. */
const WALK_TIMEOUT_MS = 5 * 60_000;

/** One statement, so that entries, accounts, lots and holds are those of one instant. Entries of customers without an account are seen too. */
function walk(shopId: number, { after, until, limit }: { after: bigint; until: bigint | null; limit: number }): Promise<WalkedLedger[]> {
  return inTransaction(async (tx) => {
    await joinOnce(tx);
    return tx.$queryRaw<WalkedLedger[]>`
      WITH accounts AS MATERIALIZED (
        SELECT * FROM "PointsAccount"
        WHERE "shopId" = ${shopId} AND "customerId" > ${after} AND (${until}::bigint IS NULL OR "customerId" <= ${until}::bigint) ORDER BY "customerId" LIMIT ${limit}),
      span AS (SELECT coalesce(${until}::bigint, CASE WHEN count(*) = ${limit} THEN max("customerId") END, 9223372036854775807) AS "until" FROM accounts),
      chain AS MATERIALIZED (
        SELECT e.*,
          lag("seq", 1, 0) OVER walk AS "previousSeq",
          lag("balanceAfter", 1, 0) OVER walk AS "previousBalance",
          lag("hash") OVER walk AS "previousHash",
          lead("seq") OVER walk IS NULL AS "isLast"
        FROM "PointsEntry" e WHERE "shopId" = ${shopId} AND "customerId" > ${after} AND "customerId" <= (SELECT "until" FROM span)
        WINDOW walk AS (PARTITION BY "customerId" ORDER BY "seq")),
      chains AS (
        SELECT "customerId", count(*)::int AS "count", max("seq") AS "lastSeq",
          max("balanceAfter") FILTER (WHERE "isLast") AS "balance",
          (array_agg("hash") FILTER (WHERE "isLast"))[1] AS "lastHash",
          -- The number that is missing, or that of the entry that no longer fits.
          min("previousSeq" + 1) FILTER (WHERE "seq" <> "previousSeq" + 1 OR "balanceAfter" <> "previousBalance" + "points"
            OR "hash" <> points_entry_hash("previousHash", "shopId", "id", "customerId", "seq", "kind"::text, "points", "balanceAfter",
              "reasonKey", points_note_in_chain("note", "noteSalt", "noteDigest"), "orderGid", "issuanceId", "returnsEntryId", "occurredAt", "recordedAt")) AS "brokenSeq"
        FROM chain GROUP BY "customerId"),
      uses AS (
        SELECT u."lotId", sum(u."points") AS "points"
        FROM chain c CROSS JOIN LATERAL (SELECT u."lotId", u."points" FROM "PointsLotUse" u WHERE u."shopId" = ${shopId} AND u."entryId" = c."id" OFFSET 0) u GROUP BY u."lotId"),
      lots AS (
        SELECT l."customerId", sum(l."remaining") AS "remaining", min(l."expiresAt") FILTER (WHERE l."remaining" > 0) AS "endsAt",
          bool_or(l."remaining" <> l."points" - coalesce(u."points", 0) OR c."id" IS NULL OR l."points" > c."points") AS "broken"
        FROM "PointsLot" l LEFT JOIN uses u ON u."lotId" = l."id" LEFT JOIN chain c ON c."id" = l."entryId" AND c."customerId" = l."customerId"
        WHERE l."shopId" = ${shopId} AND l."customerId" > ${after} AND l."customerId" <= (SELECT "until" FROM span) GROUP BY l."customerId")
      SELECT "customerId", coalesce(c."count", 0) AS "entriesCount",
        CASE
          WHEN c."brokenSeq" IS NOT NULL THEN c."brokenSeq"
          WHEN coalesce(a."lastSeq", 0) <> coalesce(c."lastSeq", 0) THEN least(coalesce(a."lastSeq", 0), coalesce(c."lastSeq", 0)) + 1
          WHEN a."lastHash" IS DISTINCT FROM c."lastHash" THEN coalesce(c."lastSeq", 1)
        END AS "brokenSeq",
        coalesce(a."balance", 0) <> coalesce(c."balance", 0)
          OR coalesce(a."balance", 0) <> coalesce(l."remaining", 0) - greatest(0, -coalesce(a."balance", 0))
          OR coalesce(l."broken", false)
          OR coalesce(l."endsAt" < coalesce(a."lapsesAt", 'infinity'), false)
          OR a."held" <> held_since(${shopId}::int, a."customerId", 'infinity') AS "booksBroken"
      FROM accounts a FULL JOIN chains c USING ("customerId") LEFT JOIN lots l USING ("customerId")
      ORDER BY "customerId"`;
  }, { timeoutMs: WALK_TIMEOUT_MS });
}
