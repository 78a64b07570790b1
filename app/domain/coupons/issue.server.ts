/** A coupon for points: the price is held, a code that is already live on Shopify is given. */
import { z } from "zod";
import { pool } from "../../lib/db.server";
import { groupCommit, GroupCommitFull } from "../../lib/group-commit";
import { log } from "../../lib/log.server";
import { AWARD_KINDS } from "../awards/award";

export const ISSUE_CHANNELS = ["checkout", "admin", "api"] as const;
export type IssueChannel = (typeof ISSUE_CHANNELS)[number];

export interface IssueRequest {
  customerId: bigint;
  awardNumber: number;
  /** The caller's own key, unique for the customer: the same key is answered with the same issuance. */
  requestKey: string;
  channel: IssueChannel;
}

const BATCH_LIMIT = 64;
const QUEUE_LIMIT = 5_000;
const ATTEMPTS = 4;

const Account = { balance: z.int(), held: z.int() };
const Given = {
  issuanceId: z.bigint(),
  code: z.string(),
  award: z.object({
    number: z.int(),
    name: z.string(),
    kind: z.enum(AWARD_KINDS),
    value: z.int(),
    currency: z.string(),
    minOrderMinor: z.int().nullable(),
    usesPerCustomer: z.int().nullable(),
    endsAt: z.coerce.date().nullable(),
  }),
  price: z.int(),
  ...Account,
};

const Issuing = z.discriminatedUnion("outcome", [
  /** repeated: the request key was known; this is the first result, whatever became of it since. */
  z.object({ outcome: z.literal("issued"), repeated: z.boolean(), ...Given }),
  /** The customer holds an unused issuance of the award's shared code; nothing was charged. */
  z.object({ outcome: z.literal("existing_sent"), ...Given }),
  z.object({ outcome: z.literal("insufficient_points"), price: z.int(), ...Account }),
  z.object({ outcome: z.enum(["award_inactive", "not_started", "not_eligible", "customer_max_reached", "coupon_max_reached", "out_of_codes"]), ...Account }),
  /** Undone, and alone: the requests beside it in the batch are not touched. */
  z.object({ outcome: z.literal("error"), problem: z.string() }),
]);
/** How an attempt to issue ended; every outcome but `issued` has changed nothing. */
export type Issuing = z.infer<typeof Issuing>;

interface Item extends IssueRequest {
  shopId: number;
  now: Date;
}

const submit = groupCommit<Item, Issuing>({ commit: commitBatch, batchLimit: BATCH_LIMIT, queueLimit: QUEUE_LIMIT });

/** Issues a coupon of the award to the customer and holds its price until an order proves the discount. */
export async function issueCoupon(shopId: number, request: IssueRequest, now: Date): Promise<Issuing> {
  try {
    const issuing = await submit({ ...request, shopId, now });
    if (issuing.outcome === "error") log.error({ shopId, problem: issuing.problem }, "a coupon could not be issued");
    return issuing;
  } catch (error) {
    if (!(error instanceof GroupCommitFull)) throw error;
    return { outcome: "error", problem: "too many requests are waiting" };
  }
}

async function commitBatch(items: Item[]): Promise<Issuing[]> {
  const requests = JSON.stringify(items.map(toRequest));
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await pool.query({ name: "issue_coupons", text: `SELECT * FROM issue_coupons($1::jsonb) ORDER BY "index"`, values: [requests] });
      return rows.map((row) => Issuing.parse(row));
    } catch (error) {
      if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
    }
  }
}

/** The key is the customer's own: nobody meets another's issuance by guessing a key. */
function toRequest({ shopId, customerId, awardNumber, requestKey, channel, now }: Item) {
  return { shopId, customerId: String(customerId), awardNumber, requestKey: `${channel}:${customerId}:${requestKey}`, channel, at: now };
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");
}
