/** Puts the planned codes of one parent discount on Shopify, 250 a call, as many calls under way at once as the bucket feeds. */
import { codesToGo } from "../../domain/awards/codes-to-go.server";
import { prisma } from "../../lib/db.server";
import { MAX_PER_CALL } from "../../shopify/operations/redeem-codes";
import type { Push, Worked } from "../work";
import { followSubmission, openSubmission, sendSubmission, type LeftSubmission, type SentSubmission } from "./submission.server";

/** Submissions under way at once, at most: enough for the largest plan's bucket while Shopify takes a second for each. */
const LANES = 64;
/** How long new submissions are begun before withdrawals get their turn. */
const TURN_MS = 5_000;
/** One is begun only when as much is there: more than its dearest call asks for, so that those under way come first. */
const SUBMISSION_POINTS = 40;
/** When rows that others had locked are looked at again. */
const IN_OTHER_HANDS_MS = 1000;

/**
 * Pushes what is planned and finishes what an earlier run left behind. Done when nothing of the discount is under way and
 * nothing more may go: all is there, or as many codes as the award has uses left.
 */
export async function pushCodes(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } }, select: { gid: true, awardNumber: true, offAt: true } });
  // Codes follow their discount: putting it, or finding it back, records this change again.
  if (!parent?.gid || parent.offAt) return { outcome: "done" };

  const left = await prisma.codeSubmission.findMany({
    where: { shopId, parentId, state: { in: ["sending", "polling"] } },
    orderBy: { id: "asc" },
    take: LANES,
    select: { id: true, state: true, gid: true },
  });
  const room = await codesToGo(shopId, parent.awardNumber, "pushed");
  const worked = await runTurn({ push, parentId, parentGid: parent.gid, left: [...left], room, until: push.clock().getTime() + TURN_MS, beginning: 0, lanes: [], end: null });
  return worked.outcome === "done" && (await isMoreToPush(shopId, parentId, parent.awardNumber)) ? { outcome: "again", afterMs: IN_OTHER_HANDS_MS } : worked;
}

/**
 * Whether anything is left that this turn did not get: codes in somebody else's transaction, which may yet roll back, or a
 * submission that a worker opened as it died. "None left" is never concluded from rows that were passed by.
 */
async function isMoreToPush(shopId: number, parentId: bigint, awardNumber: number): Promise<boolean> {
  if (await prisma.codeSubmission.findFirst({ where: { shopId, parentId, state: { not: "done" } }, select: { id: true } })) return true;
  const planned = await prisma.coupon.findFirst({ where: { shopId, parentId, codeState: "planned" }, select: { id: true } });
  return planned !== null && (await codesToGo(shopId, awardNumber, "pushed")) > 0;
}

interface Turn {
  push: Push;
  parentId: bigint;
  parentGid: string;
  left: LeftSubmission[];
  /** Codes that may still go to Shopify. */
  room: number;
  until: number;
  /** Submissions that are begun and whose first call has not been answered: their points are spoken for. */
  beginning: number;
  lanes: Promise<Worked | { fault: unknown }>[];
  /** Why no lane begins anything more. */
  end: Worked | { fault: unknown } | null;
}

/** Begins with one lane, or as many as were left; each submission that is found adds another. */
async function runTurn(turn: Turn): Promise<Worked> {
  for (let lane = 0; lane < Math.max(1, turn.left.length); lane++) addLane(turn);
  let worst: Worked = { outcome: "done" };
  for (const lane of turn.lanes) {
    const ended = await lane;
    if ("fault" in ended) throw ended.fault;
    worst = worse(worst, ended);
  }
  return worst;
}

function addLane(turn: Turn): void {
  if (turn.lanes.length >= LANES) return;
  turn.lanes.push(
    runLane(turn)
      .catch((fault: unknown) => ({ fault }))
      .then((ended) => {
        if ("fault" in ended || ended.outcome !== "done") turn.end ??= ended;
        return ended;
      }),
  );
}

/** One submission after the other, until none is left, the turn is over or something went wrong, here or in another lane. */
async function runLane(turn: Turn): Promise<Worked> {
  for (;;) {
    const left = turn.left.shift();
    const sent = left ? await sendSubmission(turn.push, left, turn.parentGid) : await beginNext(turn);
    if ("outcome" in sent) return sent;
    const worked = await followSubmission(turn.push, sent, turn.parentGid);
    if (worked.outcome !== "done") return worked;
  }
}

/** The next submission, sent once its points are there. Or why there is none: done, again, or what went wrong. */
async function beginNext(turn: Turn): Promise<SentSubmission | Worked> {
  const { push } = turn;
  for (;;) {
    if (turn.end) return { outcome: "done" };
    if (turn.room <= 0) return { outcome: "done" };
    if (push.clock().getTime() >= turn.until) return { outcome: "again", afterMs: 0 };
    const waitMs = push.waitFor(SUBMISSION_POINTS * (turn.beginning + 1));
    if (waitMs === 0) break;
    await push.sleep(waitMs);
  }
  turn.beginning++;
  try {
    return await begin(turn);
  } finally {
    turn.beginning--;
  }
}

async function begin(turn: Turn): Promise<SentSubmission | Worked> {
  // Taken before the lanes beside this one can take it too.
  const size = Math.min(MAX_PER_CALL, turn.room);
  turn.room -= size;
  const opened = await openSubmission(turn.push.shopId, turn.parentId, size, turn.push.clock());
  // Fewer than asked for: there are no more.
  turn.room = opened?.codes.length === size ? turn.room : 0;
  if (!opened) return { outcome: "done" };
  addLane(turn);
  addLane(turn);
  return sendSubmission(turn.push, opened, turn.parentGid);
}

const GRAVITY: Record<Worked["outcome"], number> = { done: 0, again: 1, stumbled: 2, failed: 3, gone: 4 };

function worse(a: Worked, b: Worked): Worked {
  return GRAVITY[b.outcome] > GRAVITY[a.outcome] ? b : a;
}
