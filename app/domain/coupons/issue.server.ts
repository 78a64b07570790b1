/**
 * A coupon for a customer: for points, which a checkout holds and every other channel spends at once, or distributed for
 * nothing. A code that is ready to be used is given. Requests that wait at the same moment share one commit.
 */
import pg from "pg";
import { z } from "zod";
import { ISSUE_PROBLEMS } from "../../contract/outcomes";
import { pool, type Tx } from "../../lib/db.server";
import { groupCommit, GroupCommitFull } from "../../lib/group-commit";
import { batchSizesOf } from "../../lib/metrics.server";
import { log } from "../../lib/log.server";
import { TermsJson } from "../awards/award";
import { AwardText } from "../awards/text";
import { mintOnDemand } from "./mint-on-demand.server";

export const ISSUE_CHANNELS = ["checkout", "account", "page", "admin", "api", "flow", "job", "import"] as const;
export type IssueChannel = (typeof ISSUE_CHANNELS)[number];

export interface IssueRequest {
  customerId: bigint;
  awardNumber: number;
  /** The caller's own key, unique for the customer and channel: the same key is answered with the same issuance. */
  requestKey: string;
  channel: IssueChannel;
  /** A variable award: how many points the customer wants to spend. */
  points?: number;
  /** Given for nothing: the award's price is not asked for. */
  distributed?: boolean;
  /** This code of the award and no other, upper case. */
  code?: string;
  /** The bulk job or import that gives it. */
  jobId?: bigint;
  importId?: bigint;
}

export const ISSUE_BATCH = 64;
const QUEUE_LIMIT = 5_000;
/** While one batch is at work in the database, another is made ready or committed. */
const LANES = 2;
/** A batch of one takes some 2 ms, each further request 0.2 ms. */
const LANE_FROM = 16;
/** Tries of a batch that met a deadlock, or whose last codes were in another's hands; waits grow to WAIT_MS. */
const ATTEMPTS = 25;
const WAIT_MS = 200;

const Instant = z.coerce.date().nullable();
/** The award as its sentence of terms and an answer need it. */
const AwardFacts = TermsJson.extend({ number: z.int(), name: z.string(), startsAt: z.coerce.date(), endsAt: Instant, appliedBy: z.enum(["shopify", "integrator"]), texts: z.array(AwardText) });
type AwardFacts = z.infer<typeof AwardFacts>;

/** Parsed once for all requests of a batch. */
const Award = z.custom<AwardFacts>();
const Account = { balance: z.int(), held: z.int() };
const Given = {
  issuanceId: z.bigint(),
  couponId: z.bigint(),
  code: z.string(),
  award: Award,
  price: z.int(),
  /** The coupon's own end; null: with the award. */
  expiresAt: Instant,
  /** A variable award: what the points bought. */
  valueMinor: z.int().nullable(),
  ...Account,
};
const Refused = { award: Award.nullable(), ...Account };

const Issuing = z.discriminatedUnion("outcome", [
  /** repeated: the request key was known; this is the first result, whatever became of it since. */
  z.object({ outcome: z.literal("issued"), repeated: z.boolean(), ...Given }),
  /** The customer holds an unused coupon of the award that will do; nothing was charged. */
  z.object({ outcome: z.literal("existing_sent"), ...Given }),
  z.object({ outcome: z.literal("insufficient_points"), price: z.int(), ...Refused }),
  /** availableAt: from when it can be had. */
  z.object({ outcome: z.enum(["not_started", "too_soon"]), availableAt: z.date(), ...Refused }),
  z.object({ outcome: z.literal("not_eligible"), problem: z.enum(ISSUE_PROBLEMS), ...Refused }),
  z.object({ outcome: z.enum(["award_inactive", "customer_max_reached", "coupon_max_reached", "coupon_expired"]), ...Refused }),
  /** isOff: a discount of the award is switched off or deleted in Shopify, so no new codes come until staff decide. */
  z.object({ outcome: z.literal("out_of_codes"), isOff: z.boolean().default(false), ...Refused }),
  /** Undone, and alone: the requests beside it in the batch are not touched. */
  z.object({ outcome: z.literal("error"), problem: z.string() }),
]);
/** How an attempt to issue ended; every outcome but `issued` has changed nothing. */
export type Issuing = z.infer<typeof Issuing>;

interface Item extends IssueRequest {
  shopId: number;
  now: Date;
}

const customerOf = ({ shopId, customerId }: Item) => `${shopId}:${customerId}`;
const submit = groupCommit<Item, Issuing>({ commit: commitBatch, keyOf: customerOf, lanes: LANES, laneFrom: LANE_FROM, batchLimit: ISSUE_BATCH, queueLimit: QUEUE_LIMIT, observe: batchSizesOf("issue") });

/** Issues a coupon of the award to the customer. */
export async function issueCoupon(shopId: number, request: IssueRequest, now: Date): Promise<Issuing> {
  try {
    return await submit({ ...request, shopId, now });
  } catch (error) {
    if (!(error instanceof GroupCommitFull)) throw error;
    return { outcome: "error", problem: "too many requests are waiting" };
  }
}

/**
 * Issues many, for jobs and imports: in order, one transaction for each batch of at most 64 in which every customer comes
 * once. One answer for each request, in the same order. Safe to repeat as each request is.
 */
export async function issueCoupons(shopId: number, requests: IssueRequest[], now: Date): Promise<Issuing[]> {
  const issuings: Issuing[] = [];
  for (const batch of batchesOf(shopId, requests, now)) issuings.push(...(await commitBatch(batch)));
  return issuings;
}

/** The same in the caller's transaction, which has locked the tally and the accounts: all of them or, if it ends so, none. */
export async function issueCouponsIn(tx: Tx, shopId: number, requests: IssueRequest[], now: Date): Promise<Issuing[]> {
  const issuings: Issuing[] = [];
  for (const batch of batchesOf(shopId, requests, now)) {
    issuings.push(...toIssuings(await tx.$queryRaw<Row[]>`SELECT * FROM issue_coupons(${JSON.stringify(batch.map(toRequest))}::jsonb) ORDER BY "index"`));
  }
  return issuings;
}

function* batchesOf(shopId: number, requests: IssueRequest[], now: Date): Generator<Item[]> {
  let batch: Item[] = [];
  for (const request of requests) {
    if (batch.length === ISSUE_BATCH || batch.some(({ customerId }) => customerId === request.customerId)) {
      yield batch;
      batch = [];
    }
    batch.push({ ...request, shopId, now });
  }
  if (batch.length > 0) yield batch;
}

/** A batch that the database refuses is done again one by one, so that only the request that is refused is answered `error`. */
async function commitBatch(items: Item[]): Promise<Issuing[]> {
  try {
    return await knowingWhatIsOff(items, await mintingOnDemand(items, await issueBatch(items)));
  } catch (error) {
    // Nobody knows what became of a batch whose connection broke: whoever asks again, with the same key, is answered.
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (items.length > 1) {
      const issuings: Issuing[] = [];
      for (const item of items) issuings.push(...(await commitBatch([item])));
      return issuings;
    }
    log.error({ shopId: items[0]?.shopId, problem: String(error) }, "a coupon could not be issued");
    return [{ outcome: "error", problem: String(error) }];
  }
}

/** The same answers, but for those who found the stock of an integrator's award empty: they are tried once more with codes made for them. */
async function mintingOnDemand(items: Item[], issuings: Issuing[]): Promise<Issuing[]> {
  // For a code that was asked for by name none can be made.
  const isShort = (index: number) => isWithoutCode(issuings[index]) && items[index]?.code === undefined;
  const without = items.filter((_, index) => isShort(index));
  const awards = new Map(without.map((item) => [`${item.shopId}:${item.awardNumber}`, item]));
  let minted = 0;
  for (const { shopId, awardNumber, now } of awards.values()) minted += await mintOnDemand(shopId, awardNumber, without.length, now);
  if (minted === 0) return issuings;
  const again = await issueBatch(without);
  return issuings.map((issuing, index) => (isShort(index) ? (again.shift() ?? issuing) : issuing));
}

/** The same answers; asked about only by those who got no code, so that whoever gets one does not wait for it. */
async function knowingWhatIsOff(items: Item[], issuings: Issuing[]): Promise<Issuing[]> {
  const without = items.filter((_, index) => issuings[index]?.outcome === "out_of_codes");
  if (without.length === 0) return issuings;
  const values = [without.map(({ shopId }) => shopId), without.map(({ awardNumber }) => awardNumber)];
  const { rows } = await pool.query<{ shopId: number; awardNumber: number }>(
    `SELECT DISTINCT d."shopId", d."awardNumber" FROM unnest($1::int[], $2::int[]) q ("shopId", "awardNumber")
     JOIN "ParentDiscount" d ON d."shopId" = q."shopId" AND d."awardNumber" = q."awardNumber" AND d."offAt" IS NOT NULL AND d."retiredAt" IS NULL`,
    values,
  );
  const off = new Set(rows.map(({ shopId, awardNumber }) => `${shopId}:${awardNumber}`));
  return issuings.map((issuing, index) => {
    const item = items[index];
    return issuing.outcome === "out_of_codes" && item ? { ...issuing, isOff: off.has(`${item.shopId}:${item.awardNumber}`) } : issuing;
  });
}

function isWithoutCode(issuing: Issuing | undefined): boolean {
  return issuing?.outcome === "out_of_codes" && issuing.award?.appliedBy === "integrator";
}

async function issueBatch(items: Item[]): Promise<Issuing[]> {
  const values = [JSON.stringify(items.map(toRequest))];
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await pool.query<Row>({ name: "issue_coupons", text: `SELECT * FROM issue_coupons($1::jsonb) ORDER BY "index"`, values });
      return toIssuings(rows);
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(WAIT_MS, 5 * 2 ** attempt)));
    }
  }
}

/** The key is the customer's own: nobody meets another's issuance by guessing a key. */
function toRequest({ customerId, requestKey, jobId, importId, now, ...request }: Item, index: number) {
  return {
    ...request, index, customerId: String(customerId), requestKey: `${request.channel}:${customerId}:${requestKey}`, at: now,
    ...(jobId !== undefined && { jobId: String(jobId) }),
    ...(importId !== undefined && { importId: String(importId) }),
  };
}

interface Row {
  shopId: number;
  awardNumber: number;
  /** Only with the first request of each award. */
  award: unknown;
}

function toIssuings(rows: Row[]): Issuing[] {
  const awards = new Map<string, AwardFacts>();
  return rows.map((row) => {
    const key = `${row.shopId}:${row.awardNumber}`;
    if (row.award !== null) awards.set(key, AwardFacts.parse(row.award));
    return Issuing.parse({ ...row, award: awards.get(key) ?? null });
  });
}

/** 40P01 deadlock, 40001 serialization failure, 55P03 the last codes were in another batch's hands. */
function isRetryable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ["40P01", "40001", "55P03"].includes(error.code ?? "");
}
