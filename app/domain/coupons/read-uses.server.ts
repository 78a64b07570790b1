/** What decides about uses, read for many callers in one round trip and without a lock: whoever claims looks again under locks. */
import { z } from "zod";
import { pool } from "../../lib/db.server";
import { groupCommit } from "../../lib/group-commit";
import { batchSizesOf } from "../../lib/metrics.server";
import type { KnownCode } from "./conditions";
import { CodeFacts, isCodeText, UseAward } from "./use";

const BATCH_LIMIT = 64;
export const QUEUE_LIMIT = 5_000;
/** One batch is read while another is made ready or judged; a second opens only for enough to be worth it. */
const LANES = 2;
const LANE_FROM = 16;

export interface ReadRequest {
  /** As they are stored. Null: those under the reference. */
  codes: string[] | null;
  customerId: bigint | null;
  merchantId: string | null;
  /** Its own locks are not counted against it. */
  reference: string | null;
  /** The transaction that may have used the codes before. */
  orderGid: string | null;
}

const BigintText = z.string().transform(BigInt);
const Instant = z.coerce.date();

export const StandingLock = z.object({
  couponId: BigintText,
  code: z.string(),
  customerId: BigintText.nullable(),
  issuanceId: BigintText.nullable(),
  merchantId: z.string().nullable(),
  status: z.enum(["held", "burned", "released"]),
  lockedAt: Instant,
  endsAt: Instant,
  endedAt: Instant.nullable(),
  transactionId: z.string().nullable(),
});
export type StandingLock = z.infer<typeof StandingLock>;

export interface UseReading {
  /** The codes that are ours, in the caller's order. */
  known: KnownCode[];
  unknown: string[];
  /** Everything that stands, or stood, under the reference. */
  locks: StandingLock[];
}

const Numbered = z.object({ i: z.int() });
const Answer = z.object({
  uses: z.array(CodeFacts.extend(Numbered.shape)).nullable(),
  awards: z.array(UseAward).nullable(),
  locks: z.array(StandingLock.extend(Numbered.shape)).nullable(),
});

interface Item extends ReadRequest {
  shopId: number;
  now: Date;
}

const submit = groupCommit<Item, UseReading>({ commit: readBatch, lanes: LANES, laneFrom: LANE_FROM, batchLimit: BATCH_LIMIT, queueLimit: QUEUE_LIMIT, observe: batchSizesOf("read_uses") });

/** Reads what decides about the uses of a request. */
export function readUses(shopId: number, request: ReadRequest, now: Date): Promise<UseReading> {
  return submit({ ...request, shopId, now });
}

async function readBatch(items: Item[]): Promise<UseReading[]> {
  const requests = items.map(({ shopId, codes, customerId, merchantId, reference, orderGid, now }, i) => ({
    i, shopId, codes: codes?.filter(isCodeText) ?? null, customerId: customerId === null ? null : String(customerId), merchantId, reference, orderGid, at: now,
  }));
  const { rows } = await pool.query({ name: "read_uses", text: "SELECT * FROM read_uses($1::jsonb)", values: [JSON.stringify(requests)] });
  const { uses, awards, locks } = Answer.parse(rows[0]);

  const awardOf = new Map(awards?.map((award) => [`${award.shopId}:${award.number}`, award]));
  const usesOf = byRequest(uses);
  const locksOf = byRequest(locks);
  return items.map(({ shopId, codes }, i) => {
    const facts = new Map(usesOf.get(i)?.map((use) => [use.code, use]));
    const known = (codes ?? [...facts.keys()]).flatMap((code) => {
      const found = facts.get(code);
      return found ? [{ facts: found, award: ofShop(awardOf, shopId, found.awardNumber) }] : [];
    });
    return { known, unknown: codes?.filter((code) => !facts.has(code)) ?? [], locks: locksOf.get(i) ?? [] };
  });
}

function byRequest<Row extends { i: number }>(rows: Row[] | null): Map<number, Row[]> {
  const grouped = new Map<number, Row[]>();
  for (const row of rows ?? []) grouped.set(row.i, [...(grouped.get(row.i) ?? []), row]);
  return grouped;
}

function ofShop(awards: Map<string, UseAward>, shopId: number, number: number): UseAward {
  const award = awards.get(`${shopId}:${number}`);
  if (!award) throw new Error(`award ${number} was not read with its coupon`);
  return award;
}
