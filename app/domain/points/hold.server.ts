/** An integrator sets points aside for a while: nothing else can spend them meanwhile. */
import { z } from "zod";
import { pool } from "../../lib/db.server";

/** A hold lasts at most so long: 15 days. */
const HOLD_MINUTES_LIMIT = 21_600;

export const HoldRequest = z.object({
  customerId: z.bigint(),
  points: z.int().min(1).max(1_000_000_000),
  minutes: z.int().min(1).max(HOLD_MINUTES_LIMIT),
  /** The caller's, at most 100 characters: the same key is answered with the same hold. */
  requestKey: z.string().min(1).max(100),
  /** Read by the customer once the points are spent. Names nobody. */
  note: z.string().max(200).nullable(),
});
export type HoldRequest = z.infer<typeof HoldRequest>;

export type Holding =
  /** repeated: an earlier call with this key made it, and it may have ended since. */
  | { outcome: "held"; repeated: boolean; holdId: bigint; points: number; endsAt: Date; balance: number; held: number }
  | { outcome: "insufficient"; balance: number; held: number };

/** Holds points for so many minutes, once for each request key. Over when its time has come, swept or not. */
export async function holdPoints(shopId: number, { customerId, points, minutes, requestKey, note }: HoldRequest, now: Date): Promise<Holding> {
  const endsAt = new Date(now.getTime() + minutes * 60_000);
  const { rows } = await pool.query<HoldRow>("SELECT * FROM hold_points($1, $2, $3, $4, $5, $6, $7)", [
    shopId, customerId, points, `hold:${customerId}:${requestKey}`, note, endsAt, now,
  ]);
  const [row] = rows;
  if (!row) throw new Error("hold_points answered nothing");
  if (row.holdId === null || row.points === null || row.endsAt === null) return { outcome: "insufficient", balance: row.balance, held: row.held };
  return { outcome: "held", repeated: row.repeated, holdId: row.holdId, points: row.points, endsAt: row.endsAt, balance: row.balance, held: row.held };
}

interface HoldRow {
  repeated: boolean;
  holdId: bigint | null;
  points: number | null;
  endsAt: Date | null;
  balance: number;
  held: number;
}
