/**
 * Every code of ours, as Shopify has it, as we have it, and as orders used it. One pass reads all codes, compares them in pages, and has
 * each discount's terms compared; it is bounded at each step and continues from its cursor.
 */
import { z } from "zod";
import { recordChanges } from "../../domain/changes/record.server";
import { CODE_KINDS } from "../../domain/drift/drift";
import { closeUnseen } from "../../domain/drift/record.server";
import { inTransaction, prisma } from "../../lib/db.server";
import { ALL_CODES_IN_BULK } from "../../shopify/operations/discount-codes";
import { BulkCursor, stepBulk } from "./bulk.server";
import { judgeSuspects, judgeUnknown, judgeUses, shownSince, Stumble, type Judge } from "./judge-suspects.server";
import { findSuspects, findUnknown, findUses } from "./match-codes.server";
import { LAG_MS } from "./orders.server";
import { beginPass, endPass, findPass, movePass, type Pass, type PassStep } from "./pass.server";
import { isLarge, readPage, storeBulk, type CodesLook } from "./read-codes.server";

/** A pass before this one has to be so much older for its differences to be believed. */
const BETWEEN_LOOKS_MS = 10 * 60_000;
/** Where no pass has been, uses are looked at that are not older. */
const FIRST_USES_MS = 7 * 86_400_000;
const STEPS_PER_RUN = 60;
const FORGET_BATCH = 50_000;

const Cursor = z.discriminatedUnion("phase", [
  z.object({ phase: z.literal("begin") }),
  z.object({ phase: z.literal("pages"), parentId: z.string(), after: z.string().nullable() }),
  z.object({ phase: z.literal("bulk"), bulk: BulkCursor }),
  z.object({ phase: z.literal("coupons"), after: z.string(), stumble: Stumble.nullable().default(null) }),
  z.object({ phase: z.literal("unknown"), after: z.string() }),
  z.object({ phase: z.literal("uses"), after: z.string() }),
  z.object({ phase: z.literal("end") }),
]);
type Cursor = z.infer<typeof Cursor>;
type CodesPass = Pass<Cursor>;

/** Does a bounded piece of the shop's pass over codes; safe to repeat after any crash. */
export async function reconcileCodes(look: CodesLook, stop?: AbortSignal): Promise<PassStep> {
  const pass = (await findPass(look.shopId, "codes", Cursor, look.now())) ?? (await beginPass<Cursor>(look.shopId, "codes", { cursor: { phase: "begin" } }, look.now()));
  const judge: Judge = { ...look, passId: pass.id, previousId: await previousOf(look.shopId, pass), toldBy: new Date(pass.startedAt.getTime() - LAG_MS) };
  for (let step = 0; step < STEPS_PER_RUN; step++) {
    if (stop?.aborted) return { outcome: "again", afterMs: 0 };
    const worked = await take(look, judge, pass);
    if (worked !== null) return worked;
  }
  return { outcome: "again", afterMs: 0 };
}

async function previousOf(shopId: number, { startedAt }: CodesPass): Promise<bigint | null> {
  const previous = await prisma.reconciliation.findFirst({
    where: { shopId, kind: "codes", status: "done", startedAt: { lt: new Date(startedAt.getTime() - BETWEEN_LOOKS_MS) } }, orderBy: { startedAt: "desc" }, select: { id: true },
  });
  return previous?.id ?? null;
}

/** One step; null: the next one can follow at once. */
async function take(look: CodesLook, judge: Judge, pass: CodesPass): Promise<PassStep | null> {
  const { cursor } = pass;
  switch (cursor.phase) {
    case "begin":
      return begin(look, pass);
    case "pages":
      return takePage(look, pass, cursor);
    case "bulk":
      return takeBulk(look, pass, cursor.bulk);
    case "coupons":
      return takeCoupons(look, judge, pass, cursor);
    case "unknown":
      return takeUnknown(judge, pass, cursor.after);
    case "uses":
      return takeUses(look, judge, pass, cursor.after);
    case "end":
      return end(look, pass);
    default:
      return cursor satisfies never;
  }
}

async function move(shopId: number, pass: CodesPass, cursor: Cursor, progress = {}): Promise<null> {
  await movePass(prisma, shopId, pass.id, cursor, progress);
  pass.cursor = cursor;
  return null;
}

/** Codes are counted here, terms are compared by the push, which is the only one that changes them. */
async function begin({ shopId, now }: CodesLook, pass: CodesPass): Promise<null> {
  const standing = await prisma.$queryRaw<{ id: bigint }[]>`
    SELECT d."id" FROM "ParentDiscount" d JOIN "Award" a ON a."shopId" = d."shopId" AND a."number" = d."awardNumber"
    WHERE d."shopId" = ${shopId} AND d."gid" IS NOT NULL AND d."retiredAt" IS NULL AND (d."expiresAt" IS NULL OR d."expiresAt" > ${now()}::timestamptz) AND a."status" <> 'archived'`;
  await inTransaction((tx) => recordChanges(tx, shopId, { kind: "check_discount", subjects: standing.map(({ id }) => id) }, now()));
  return move(shopId, pass, (await isLarge(shopId)) ? { phase: "bulk", bulk: { starts: 0, gid: null } } : { phase: "pages", parentId: "0", after: null });
}

const FROM_THE_FIRST: Cursor = { phase: "coupons", after: "0", stumble: null };

async function takePage(look: CodesLook, pass: CodesPass, place: { parentId: string; after: string | null }): Promise<PassStep | null> {
  const read = await readPage(look, pass.id, place);
  switch (read.outcome) {
    case "again":
      return read;
    case "over":
      return move(look.shopId, pass, FROM_THE_FIRST);
    case "read":
      return move(look.shopId, pass, { phase: "pages", ...read.place });
    default:
      return read satisfies never;
  }
}

async function takeBulk({ shopId, admin }: CodesLook, pass: CodesPass, bulk: BulkCursor): Promise<PassStep | null> {
  const step = await stepBulk(admin, ALL_CODES_IN_BULK, bulk);
  switch (step.outcome) {
    case "again":
      await move(shopId, pass, { phase: "bulk", bulk: step.bulk });
      return { outcome: "again", afterMs: step.afterMs };
    case "refused":
      return move(shopId, pass, { phase: "pages", parentId: "0", after: null });
    case "ready":
      if (step.url !== null) await storeBulk(shopId, pass.id, step.url);
      return move(shopId, pass, FROM_THE_FIRST);
    default:
      return step satisfies never;
  }
}

async function takeCoupons({ shopId }: CodesLook, judge: Judge, pass: CodesPass, { after, stumble }: Extract<Cursor, { phase: "coupons" }>): Promise<PassStep | null> {
  const { suspects, last } = await findSuspects(shopId, pass.id, BigInt(after), pass.startedAt);
  if (last === null) return move(shopId, pass, { phase: "unknown", after: "" });
  const judged = await judgeSuspects(judge, suspects, stumble);
  if (judged.outcome === "again") return judged;
  const until = judged.outcome === "part" ? judged.from - 1n : last;
  const looked = await prisma.coupon.count({ where: { shopId, id: { gt: BigInt(after), lte: until } } });
  await move(shopId, pass, { phase: "coupons", after: String(until), stumble: judged.outcome === "part" ? stumbleAt(judged, stumble) : null }, { looked, healed: judged.healed, queued: judged.queued });
  return judged.outcome === "part" && judged.afterMs > 0 ? { outcome: "again", afterMs: judged.afterMs } : null;
}

/** One more time on the same coupon, or the first on another; waiting for the shop counts as neither. */
function stumbleAt({ from, stumbled }: { from: bigint; stumbled: boolean }, before: Stumble | null): Stumble | null {
  const same = before?.couponId === String(from) ? before : null;
  return stumbled ? { couponId: String(from), times: (same?.times ?? 0) + 1 } : same;
}

async function takeUnknown(judge: Judge, pass: CodesPass, after: string): Promise<null> {
  const { unknown, last } = await findUnknown(judge.shopId, pass.id, after);
  if (last === null) return move(judge.shopId, pass, { phase: "uses", after: "0" });
  return move(judge.shopId, pass, { phase: "unknown", after: last }, { queued: await judgeUnknown(judge, unknown) });
}

async function takeUses({ shopId, now }: CodesLook, judge: Judge, pass: CodesPass, after: string): Promise<PassStep | null> {
  const last = await prisma.reconciliation.findFirst({ where: { shopId, kind: "codes", status: "done" }, orderBy: { startedAt: "desc" }, select: { startedAt: true } });
  const uses = await findUses(shopId, BigInt(after), { since: last?.startedAt ?? new Date(now().getTime() - FIRST_USES_MS), until: pass.startedAt, shown: shownSince(now()) });
  const end = uses.at(-1);
  if (!end) return move(shopId, pass, { phase: "end" });
  const judged = await judgeUses(judge, uses);
  if (judged.outcome === "again") return judged;
  return move(shopId, pass, { phase: "uses", after: String(end.id) }, { queued: judged.queued });
}

/** What was read is forgotten, but for counts that the next pass is to compare with. */
async function end({ shopId, now }: CodesLook, pass: CodesPass): Promise<PassStep | null> {
  const forgotten = await prisma.$executeRaw`
    DELETE FROM "SeenCode" WHERE "shopId" = ${shopId} AND ("reconciliationId", "code") IN (
      SELECT "reconciliationId", "code" FROM "SeenCode" WHERE "shopId" = ${shopId} AND ("reconciliationId" < ${pass.id} OR NOT "differs") LIMIT ${FORGET_BATCH})`;
  if (forgotten === FORGET_BATCH) return null;
  await inTransaction(async (tx) => {
    await closeUnseen(tx, shopId, { kinds: CODE_KINDS, since: pass.startedAt }, now());
    await endPass(tx, shopId, pass.id, now());
  });
  return { outcome: "done" };
}
