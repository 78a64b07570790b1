/** Suspected codes are looked at once more at Shopify; what is then still so is healed, or left to staff. */
import { z } from "zod";
import { recordChange, recordChanges } from "../../domain/changes/record.server";
import { codeLimit } from "../../domain/coupons/use";
import { CODE_KINDS, DRIFT_KINDS } from "../../domain/drift/drift";
import { keepWaiting, noteOnce, recordDrift, recordHealed, type FoundDrift } from "../../domain/drift/record.server";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { publicId } from "../../lib/ids";
import { log } from "../../lib/log.server";
import { ordersWithCode } from "../../shopify/operations/discount-codes";
import { existingOrders } from "../../shopify/operations/orders";
import type { AdminPort, AdminResult } from "../../shopify/operation";
import { ownersOf } from "../kinds/owner.server";
import { waitAfter } from "./bulk.server";
import type { RecordedUse, Suspect, UnknownCode } from "./match-codes.server";
import { OrderStumble, recordMissed } from "./missed-orders.server";
import type { Progress } from "./pass.server";

export interface Judge {
  shopId: number;
  admin: AdminPort;
  now(): Date;
  passId: bigint;
  /** The pass before, if it is old enough: a count differs only if it was seen to differ twice. */
  previousId: bigint | null;
  /** Orders that are younger may still be told. */
  toldBy: Date;
}

/** Nothing is known yet. `stumbled`: the call itself failed, not for the shop being busy or shut to us. */
interface Waiting {
  outcome: "again";
  afterMs: number;
  stumbled: boolean;
}

type Judged = ({ outcome: "judged" } & Progress) | Waiting;

type JudgedPage =
  | ({ outcome: "judged" } & Progress)
  /** Those before coupon `from` are judged; it is the next one's turn after so long. */
  | ({ outcome: "part"; from: bigint; afterMs: number; stumbled: boolean } & Progress)
  | { outcome: "again"; afterMs: number };

/** The coupon whose look-up failed so many times in a row. */
export const Stumble = z.object({ couponId: z.string(), times: z.int() });
export type Stumble = z.infer<typeof Stumble>;

/** Judges the suspects of one page, in the order of their coupons, as far as one step goes. */
export async function judgeSuspects(judge: Judge, suspects: Suspect[], before: Stumble | null): Promise<JudgedPage> {
  const owners = await ownersOf(judge, suspects.filter(({ suspicion }) => suspicion !== "count").map(({ code }) => code));
  if (!(owners instanceof Map)) return { outcome: "again", afterMs: "afterMs" in owners ? (owners.afterMs ?? 30_000) : 30_000 };
  const { from, afterMs, stumbled, ...counted } = await judgeCounts(judge, suspects.filter(({ suspicion }) => suspicion === "count"), before);
  // What comes behind a count that waits its turn comes again with it, and is healed once.
  const codes = suspects.filter(({ couponId }) => from === null || couponId < from);
  const missing = codes.filter((suspect) => suspect.suspicion === "missing" && owners.get(suspect.code) !== suspect.discountGid);
  const left = codes.filter((suspect) => suspect.suspicion === "left" && owners.get(suspect.code) === suspect.discountGid);
  const healed = (await inTransaction((tx) => putBack(tx, judge, missing))) + (await inTransaction((tx) => takeOff(tx, judge, left)));
  const progress = { healed: healed + counted.healed, queued: counted.queued };
  return from === null ? { outcome: "judged", ...progress } : { outcome: "part", from, afterMs, stumbled, ...progress };
}

/** Codes that should be there and are not: planned anew, so that nobody is given one until it is back. */
async function putBack(tx: Tx, { shopId, now }: Judge, missing: Suspect[]): Promise<number> {
  if (missing.length === 0) return 0;
  const planned = await tx.$queryRaw<{ id: bigint; parentId: bigint }[]>`
    UPDATE "Coupon" SET "codeState" = 'planned', "redeemCodeGid" = NULL, "submissionId" = NULL
    WHERE "shopId" = ${shopId} AND "codeState" = 'live' AND "status" IN ('available', 'issued', 'locked') AND "id" IN (
      SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "id" = ANY(${missing.map(({ couponId }) => couponId)}::bigint[]) ORDER BY "id" FOR UPDATE)
    RETURNING "id", "parentId"`;
  const ids = new Set(planned.map(({ id }) => id));
  await recordChanges(tx, shopId, { kind: "push_codes", subjects: [...new Set(planned.map(({ parentId }) => parentId))] }, now());
  const found = missing.filter(({ couponId }) => ids.has(couponId)).map((suspect) => driftOf(suspect, "code_missing", `Code ${suspect.code} was not at Shopify any more.`));
  return recordDrift(tx, shopId, found, now());
}

/** Codes that should be gone: those that we believe gone are deleted as they are, the others take the ordinary way. */
async function takeOff(tx: Tx, { shopId, now }: Judge, left: Suspect[]): Promise<number> {
  if (left.length === 0) return 0;
  const coupons = await tx.coupon.findMany({ where: { shopId, id: { in: left.map(({ couponId }) => couponId) } }, select: { id: true, codeState: true, status: true } });
  const states = new Map(coupons.map((coupon) => [coupon.id, coupon]));
  const found = left.map((suspect) => driftOf(suspect, "code_left", `Code ${suspect.code} was taken back, yet it was still at Shopify.`));
  const gone = found.filter((_, place) => states.get(left[place]?.couponId ?? 0n)?.codeState === "withdrawn");
  for (const id of await recordHealed(tx, shopId, gone, now())) await recordChange(tx, shopId, { kind: "remove_code", subject: id }, now());
  const forgotten = left.filter(({ couponId }) => states.get(couponId)?.codeState === "live" && ["revoked", "archived"].includes(states.get(couponId)?.status ?? ""));
  await recordChanges(tx, shopId, { kind: "withdraw_code", subjects: forgotten.map(({ couponId }) => couponId) }, now());
  await recordHealed(tx, shopId, found.filter(({ subject }) => forgotten.some(({ couponId }) => publicId("coupon", couponId) === subject)), now());
  return gone.length + forgotten.length;
}

function driftOf({ couponId, code, awardNumber, codeGid, discountGid }: Suspect, kind: FoundDrift["kind"], reason: string): FoundDrift {
  return { kind, subject: publicId("coupon", couponId), reason, details: { awardNumber, code, discountGid, ...(codeGid && { codeGid }) } };
}

/** Counts of one step: each asks Shopify for orders of its own. */
const COUNTS = 25;
/** One that Shopify fails to look up so often is left to the next pass: those behind it wait for it. */
const TRIES = 3;

/**
 * Shopify counts with a delay: before anything is said, orders are looked up, and the last pass has to have seen the same. `from`: the
 * coupon to go on with; null: all are judged.
 */
async function judgeCounts(judge: Judge, suspects: Suspect[], before: Stumble | null): Promise<{ healed: number; queued: number; from: bigint | null; afterMs: number; stumbled: boolean }> {
  const sum = { healed: 0, queued: 0 };
  for (const suspect of suspects.slice(0, COUNTS)) {
    const judged = suspect.theirUses > suspect.ourUses ? await lookUpOrders(judge, suspect) : await lookUpRedemptions(judge, suspect);
    if (judged.outcome === "again") {
      const { stumbled, afterMs } = judged;
      const times = before?.couponId === String(suspect.couponId) ? before.times : 0;
      if (!stumbled || times + 1 < TRIES) return { ...sum, from: suspect.couponId, afterMs, stumbled };
      await leaveToNext(judge, suspect);
      continue;
    }
    sum.healed += judged.healed ?? 0;
    sum.queued += judged.queued ?? 0;
  }
  return { ...sum, from: suspects[COUNTS]?.couponId ?? null, afterMs: 0, stumbled: false };
}

/** What already waits about the code goes on waiting: that it was not found again says nothing now. */
async function leaveToNext({ shopId, passId, now }: Judge, { couponId, code }: Suspect): Promise<void> {
  log.warn({ shopId, coupon: publicId("coupon", couponId) }, "a code could not be looked up and is left to the next look");
  const uses = await prisma.redemption.findMany({ where: { shopId, couponId }, orderBy: { id: "desc" }, take: 250, select: { orderGid: true } });
  await inTransaction(async (tx) => {
    await keepWaiting(tx, shopId, { kinds: CODE_KINDS, subjects: [publicId("coupon", couponId), ...uses.map(({ orderGid }) => orderGid)] }, now());
    await tx.reconciliation.updateMany({ where: { shopId, id: passId }, data: { problem: `Shopify could not look up every code, ${code} among them: they are looked at again next time.` } });
  });
}

/** A call failed: whether it may be for what was asked. */
function waitFor(found: Exclude<AdminResult<unknown>, { outcome: "ok" }>): Waiting {
  return { outcome: "again", afterMs: waitAfter(found), stumbled: found.outcome === "unavailable" || found.outcome === "refused" };
}

/** Used more often than we know: the orders that used it are recorded if they are not. */
async function lookUpOrders(judge: Judge, suspect: Suspect): Promise<Judged> {
  const { shopId, admin } = judge;
  const found = await admin.call(ordersWithCode, { query: `discount_code:${suspect.code}` });
  if (found.outcome !== "ok") return waitFor(found);
  const due = found.answer.filter(({ updatedAt }) => updatedAt < judge.toldBy);
  const worked = await recordMissed(judge, due).catch(passBy);
  if (worked.outcome === "again") return { ...worked, stumbled: true };
  // The use is one of theirs, as like as not: the next pass sees what became of them.
  if (due.length < found.answer.length) return { ...worked, outcome: "judged" };
  const ours = await prisma.redemption.count({ where: { shopId, couponId: suspect.couponId, orderGid: { startsWith: "gid://shopify/Order/" }, again: 0 } });
  if (suspect.theirUses <= ours) return { ...worked, outcome: "judged" };
  const kind = (await isHeldUnused(shopId, suspect)) ? "used_up_unknown" : "used_not_recorded";
  const queued = await believeTwice(judge, suspect, driftOf(suspect, kind, `Shopify counts ${suspect.theirUses} uses of ${suspect.code}, and we know of ${ours}.`), ours);
  return { outcome: "judged", healed: worked.healed, queued: worked.queued + queued };
}

/** Whether somebody has the coupon, unused and paid for, while Shopify takes its code no more. What a checkout only holds comes back by itself. */
async function isHeldUnused(shopId: number, { couponId, awardNumber, theirUses }: Suspect): Promise<boolean> {
  const coupon = await prisma.coupon.findFirst({ where: { shopId, id: couponId, status: "issued", shared: false, usesCount: 0 } });
  const held = await prisma.issuance.count({ where: { shopId, couponId, status: "open", holdId: null } });
  if (!coupon || held === 0) return false;
  const limit = codeLimit(coupon, await prisma.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: awardNumber } } }));
  return limit !== null && theirUses >= limit;
}

/** An order that fails is tried again, and shown, by the look at orders. */
function passBy(error: unknown): { outcome: "looked"; healed: number; queued: number } {
  if (!(error instanceof OrderStumble)) throw error;
  return { outcome: "looked", healed: 0, queued: 0 };
}

const SHOWN_MS = 59 * 86_400_000;

/** Orders before this instant Shopify may show no more. */
export function shownSince(now: Date): Date {
  return new Date(now.getTime() - SHOWN_MS);
}

/** Shopify counts fewer uses than we recorded: either an order was deleted there, or its counter is behind. */
async function lookUpRedemptions(judge: Judge, suspect: Suspect): Promise<Judged> {
  const { shopId, now } = judge;
  const uses = await prisma.redemption.findMany({
    where: { shopId, couponId: suspect.couponId, orderGid: { startsWith: "gid://shopify/Order/" }, redeemedAt: { gt: shownSince(now()) } }, orderBy: { id: "desc" }, take: 250,
    select: { id: true, orderGid: true, orderName: true, awardNumber: true, couponId: true },
  });
  const judged = await judgeUses(judge, uses);
  if (judged.outcome === "again" || (judged.queued ?? 0) > 0) return judged;
  const reason = `Shopify counts ${suspect.theirUses} uses of ${suspect.code}, and we recorded ${suspect.ourUses}.`;
  return { outcome: "judged", healed: await believeTwice(judge, suspect, driftOf(suspect, "count_differs", reason), suspect.ourUses) };
}

/** Remembers the difference for the next pass, and records it if the last one saw it too. */
async function believeTwice({ shopId, passId, previousId, now }: Judge, { code, theirUses }: Suspect, found: FoundDrift, ourUses: number): Promise<number> {
  await prisma.seenCode.updateMany({ where: { shopId, reconciliationId: passId, code }, data: { differs: true } });
  const before = previousId === null ? null : await prisma.seenCode.findFirst({ where: { shopId, reconciliationId: previousId, code, differs: true, uses: theirUses } });
  if (!before) return 0;
  const believed = { ...found, details: { ...found.details, theirUses, ourUses } };
  return inTransaction((tx) => (DRIFT_KINDS[found.kind].heals === "itself" ? noteOnce(tx, shopId, believed, now()) : recordDrift(tx, shopId, [believed], now())));
}

/** Redemptions whose order Shopify does not have. */
export async function judgeUses({ shopId, admin, now }: Pick<Judge, "shopId" | "admin" | "now">, uses: RecordedUse[]): Promise<Judged> {
  if (uses.length === 0) return { outcome: "judged" };
  const found = await admin.call(existingOrders, { ids: [...new Set(uses.map(({ orderGid }) => orderGid))] });
  if (found.outcome !== "ok") return waitFor(found);
  const gone = uses.filter(({ orderGid }) => !found.answer.has(orderGid));
  const drifts = [...new Map(gone.map((use) => [use.orderGid, use])).values()].map(({ orderGid, orderName, awardNumber }): FoundDrift => ({
    kind: "recorded_no_order", subject: orderGid, reason: `Order ${orderName} used a code of ours, and Shopify has no such order any more.`, details: { awardNumber, orderGid, orderName },
  }));
  return { outcome: "judged", queued: await inTransaction((tx) => recordDrift(tx, shopId, drifts, now())) };
}

/** Codes that stand under our discounts and are not ours: staff decide. */
export async function judgeUnknown({ shopId, now }: Pick<Judge, "shopId" | "now">, unknown: UnknownCode[]): Promise<number> {
  const found = unknown.map(({ code, codeGid, discountGid, parentId, awardNumber }): FoundDrift => ({
    kind: "code_unknown", subject: codeGid, reason: `Code ${code} was added to our discount in Shopify.`, details: { awardNumber, parentId: String(parentId), code, codeGid, discountGid },
  }));
  return inTransaction((tx) => recordDrift(tx, shopId, found, now()));
}
