/** A ledger of a million entries: what the shop owes, at any instant, and whether it is as it was written; beside a plain count of the entries. */
import { liabilityAt } from "#app/domain/points/liability.server.ts";
import { verifyLedger } from "#app/domain/points/verify.server.ts";
import { closeDatabase, pool } from "#app/lib/db.server.ts";
import { atMost, figure, type Row } from "./row";
import { benchShop } from "./shop";

const CUSTOMERS = 100_000;
const ENTRIES_EACH = 10;
const CUSTOMERS_A_STEP = 500;
const BEGIN = Date.parse("2026-01-01T00:00:00Z");
const DAY_MS = 86_400_000;

export async function bench(): Promise<Row[]> {
  const { id: shopId } = await benchShop();
  await writeLedger(shopId);

  const owed = async (day: number) => {
    const startedAt = performance.now();
    const { points } = await liabilityAt(shopId, new Date(BEGIN + day * DAY_MS));
    const expected = CUSTOMERS * 10 * Math.min(ENTRIES_EACH, Math.max(0, day + 1));
    if (points !== expected) throw new Error(`${points} points are owed, not ${expected}`);
    return performance.now() - startedAt;
  };
  await owed(ENTRIES_EACH);
  const [now, halfway, before] = [await owed(ENTRIES_EACH), await owed(ENTRIES_EACH / 2), await owed(-1)];
  const counted = await timed(() => pool.query(`SELECT count(*), sum("points") FROM "PointsEntry" WHERE "shopId" = $1`, [shopId]));

  let entries = 0;
  const walked = await timed(async () => {
    for (let after: bigint | null = 0n; after !== null; ) {
      const step: Awaited<ReturnType<typeof verifyLedger>> = await verifyLedger(shopId, { afterCustomerId: after, limit: CUSTOMERS_A_STEP });
      if (step.broken.length > 0) throw new Error("the ledger is sound");
      entries += step.entriesCount;
      after = step.nextAfter;
    }
  });
  if (entries !== CUSTOMERS * ENTRIES_EACH) throw new Error(`${entries} entries were walked`);
  await closeDatabase();
  return [
    atMost("liability now", now, "ms", 500),
    atMost("liability half the entries ago", halfway, "ms", 2000),
    atMost("liability before the first entry", before, "ms", 2000),
    figure("plain count of the entries", counted, "ms"),
    figure("entries walked", (entries / walked) * 1000, "entries/s"),
    atMost("the whole ledger walked", walked / 1000, "s", 60),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Every customer earns 10 points a day: written in sets, chained as post_points_entry chains them. */
async function writeLedger(shopId: number): Promise<void> {
  await pool.query(`INSERT INTO "PointsAccount" ("shopId", "customerId") SELECT $1, n FROM generate_series(1, $2) n`, [shopId, CUSTOMERS]);
  for (let seq = 1; seq <= ENTRIES_EACH; seq++) {
    await pool.query(
      `WITH entry AS (
        SELECT a.*, nextval('"PointsEntry_id_seq"') AS "id", 'earn:' || a."customerId" || ':' || $2::int AS "reason" FROM "PointsAccount" a WHERE a."shopId" = $1),
      written AS (
        INSERT INTO "PointsEntry" ("shopId", "id", "customerId", "seq", "kind", "points", "balanceAfter", "reasonKey", "orderGid", "hash", "occurredAt", "recordedAt")
        SELECT e."shopId", e."id", e."customerId", $2, 'earned', 10, $2 * 10, e."reason", 'gid://shopify/Order/' || e."id",
          points_entry_hash(e."lastHash", e."shopId", e."id", e."customerId", $2, 'earned', 10, $2 * 10, e."reason", NULL, 'gid://shopify/Order/' || e."id", NULL, NULL, $3, $3), $3, $3
        FROM entry e RETURNING *),
      lots AS (
        INSERT INTO "PointsLot" ("shopId", "customerId", "entryId", "points", "remaining", "createdAt") SELECT "shopId", "customerId", "id", 10, 10, $3 FROM written)
      UPDATE "PointsAccount" a SET "balance" = w."balanceAfter", "lastSeq" = $2, "lastHash" = w."hash" FROM written w WHERE a."shopId" = $1 AND a."customerId" = w."customerId"`,
      [shopId, seq, new Date(BEGIN + (seq - 1) * DAY_MS)],
    );
  }
  await pool.query(`VACUUM ANALYZE "PointsEntry", "PointsAccount", "PointsLot"`);
}
