/** The job `push_changes`: tells Shopify what one shop's changes say, most needed first, until none is due. */
import { wakePush, type ChangeKind } from "../domain/changes/record.server";
import { inTransaction, prisma } from "../lib/db.server";
import { log } from "../lib/log.server";
import { closeChange, postponeChange, refuseChange } from "./close.server";
import { checkDiscount } from "./kinds/check-discount.server";
import { pushCodes } from "./kinds/push-codes.server";
import { putDiscount } from "./kinds/put-discount.server";
import { readSegment } from "./kinds/read-segment.server";
import { readCollection } from "./kinds/read-collection.server";
import { removeCode } from "./kinds/remove-code.server";
import { refillPool } from "./kinds/refill-pool.server";
import { withdrawCodes } from "./kinds/withdraw-code.server";
import { withdrawCodesOf } from "./kinds/withdraw-codes.server";
import { withdrawRest } from "./kinds/withdraw-rest.server";
import { pacedPort } from "./paced";
import type { Push, Sync, TakenChange, Worked } from "./work";

/** Points wait for a withdrawal, codes wait for their discount, shoppers wait for codes. */
const NEED: ChangeKind[] = ["withdraw_code", "withdraw_rest", "withdraw_codes", "put_discount", "push_codes", "remove_code", "refill_pool", "check_discount", "read_collection", "read_segment"];
const ROUNDS = 500;
/** After it the job makes room for other shops' that wait for a hand, and takes its place behind them. */
const SLICE_MS = 30_000;
const WITHDRAW_BATCH = 250;
/** About six hours of trying. */
export const ATTEMPTS = 20;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30 * 60_000;
const GONE_DELAY_MS = 60 * 60_000;

/**
 * Works off a shop's due changes; what remains wakes the job again. A job of one shop never runs twice at once. A worker
 * that is told to stop (`stop`) ends after the change in hand.
 */
export async function pushChanges(sync: Sync, shopId: number, stop?: AbortSignal): Promise<void> {
  const shop = await prisma.shop.findUnique({ where: { id: shopId }, select: { domain: true, uninstalledAt: true } });
  if (!shop || shop.uninstalledAt) return;
  const pace = sync.paceOf(shopId);
  const push: Push = {
    shopId,
    clock: sync.clock,
    sleep: (ms) => sync.sleep(ms),
    admin: pacedPort(sync.openAdmin(shop.domain), pace, (ms) => sync.sleep(ms)),
    waitFor: (points) => pace.wait(points),
  };
  const until = later(sync.clock(), SLICE_MS);
  for (let round = 0; round < ROUNDS && !stop?.aborted; round++) {
    const now = sync.clock();
    const changes = now < until ? await takeDue(shopId, now) : [];
    if (changes.length === 0) break;
    const worked = await workOn(push, changes);
    if (worked?.outcome === "gone") {
      await waitForShop(shopId, worked, sync.clock());
      break;
    }
  }
  await wakeForTheRest(shopId);
}

/** The most needed kind that has something due: one change of it, or a batch of withdrawals. */
async function takeDue(shopId: number, now: Date): Promise<TakenChange[]> {
  for (const kind of NEED) {
    const due = await prisma.change.findMany({
      where: { shopId, kind, status: "pending", nextAttemptAt: { lte: now } },
      orderBy: [{ nextAttemptAt: "asc" }, { id: "asc" }],
      take: kind === "withdraw_code" ? WITHDRAW_BATCH : 1,
      select: { id: true, kind: true, subject: true, attempts: true, revision: true },
    });
    if (due.length > 0) return due;
  }
  return [];
}

/** Works on changes of one kind and writes down how each ended. */
async function workOn(push: Push, changes: TakenChange[]): Promise<Worked | null> {
  let last: Worked | null = null;
  for (const { change, worked } of await guarded(push, changes)) {
    await settle(push, change, worked);
    if (last?.outcome !== "gone") last = worked;
  }
  return last;
}

type Ended = { change: TakenChange; worked: Worked }[];

/** A fault of ours in one change must not stop the others, of its batch neither: it counts as a stumble and is logged. */
async function guarded(push: Push, changes: TakenChange[]): Promise<Ended> {
  try {
    return await dispatch(push, changes);
  } catch (error) {
    log.error({ shopId: push.shopId, kind: changes[0]?.kind, err: error }, "a change could not be pushed");
    const [change, ...others] = changes;
    if (change && others.length === 0) return [{ change, worked: { outcome: "stumbled", problem: "A fault on our side; it is in the log.", afterMs: null } }];
    // Alone, each stands or falls for itself.
    const ended: Ended = [];
    for (const one of changes) ended.push(...(await guarded(push, [one])));
    return ended;
  }
}

async function dispatch(push: Push, changes: TakenChange[]): Promise<Ended> {
  const [change] = changes;
  if (!change) return [];
  switch (change.kind as ChangeKind) {
    case "withdraw_code":
      return withdrawCodes(push, changes);
    case "withdraw_codes":
      return [{ change, worked: await withdrawCodesOf(push, BigInt(change.subject)) }];
    case "withdraw_rest":
      return [{ change, worked: await withdrawRest(push, Number(change.subject)) }];
    case "put_discount":
      return [{ change, worked: await putDiscount(push, BigInt(change.subject)) }];
    case "push_codes":
      return [{ change, worked: await pushCodes(push, BigInt(change.subject)) }];
    case "check_discount":
      return [{ change, worked: await checkDiscount(push, BigInt(change.subject)) }];
    case "remove_code":
      return [{ change, worked: await removeCode(push, BigInt(change.subject)) }];
    case "read_segment":
      return [{ change, worked: await readSegment(push, BigInt(change.subject)) }];
    case "refill_pool":
      return [{ change, worked: await refillPool(push, BigInt(change.subject)) }];
    case "read_collection":
      return [{ change, worked: await readCollection(push, BigInt(change.subject)) }];
    default:
      throw new Error(`nobody knows a change of kind ${change.kind}`);
  }
}

async function settle({ shopId, clock }: Push, change: TakenChange, worked: Worked): Promise<void> {
  const now = clock();
  switch (worked.outcome) {
    case "done":
      return void (await closeChange(prisma, shopId, change, now));
    case "again":
      return postponeChange(shopId, change, { until: later(now, worked.afterMs), problem: null, counted: false });
    case "stumbled":
      if (change.attempts + 1 >= ATTEMPTS) return refuseChange(shopId, change, worked.problem, now);
      return postponeChange(shopId, change, { until: later(now, retryDelay(change.attempts, worked.afterMs)), problem: worked.problem, counted: true });
    case "failed":
      return refuseChange(shopId, change, worked.problem, now);
    case "gone":
      return postponeChange(shopId, change, { until: later(now, worked.afterMs ?? GONE_DELAY_MS), problem: worked.problem, counted: false });
    default:
      return worked satisfies never;
  }
}

function retryDelay(attempts: number, wishedMs: number | null): number {
  return Math.max(wishedMs ?? 0, Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** Everything of a shop that does not let us in waits together, instead of asking once for each change. */
async function waitForShop(shopId: number, { problem, afterMs }: { problem: string; afterMs: number | null }, now: Date): Promise<void> {
  await prisma.change.updateMany({ where: { shopId, status: "pending", nextAttemptAt: { lte: now } }, data: { nextAttemptAt: later(now, afterMs ?? GONE_DELAY_MS), problem } });
}

async function wakeForTheRest(shopId: number): Promise<void> {
  const next = await prisma.change.findFirst({ where: { shopId, status: "pending" }, orderBy: { nextAttemptAt: "asc" }, select: { nextAttemptAt: true } });
  if (next) await inTransaction((tx) => wakePush(tx, shopId, next.nextAttemptAt));
}
