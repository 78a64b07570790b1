/** Puts the planned codes of one parent discount on Shopify, 250 a call, several calls under way at once. */
import { codesToGo } from "../../domain/awards/codes-to-go.server";
import { prisma } from "../../lib/db.server";
import { MAX_PER_CALL } from "../../shopify/operations/redeem-codes";
import type { Push, Worked } from "../work";
import { openSubmission, runSubmission, type Submission } from "./submission.server";

/** Calls under way at once: enough to use up the bucket of most plans while Shopify works on the earlier ones. */
const LANES = 16;
/** New submissions of one turn; after it, withdrawals get theirs. */
const PER_TURN = 64;

/**
 * Pushes what is planned and finishes what an earlier run left behind. Done when nothing of the discount is under way and
 * nothing more may go: all is there, or as many codes as the award has uses left.
 */
export async function pushCodes(push: Push, parentId: bigint): Promise<Worked> {
  const { shopId } = push;
  const parent = await prisma.parentDiscount.findUnique({ where: { shopId_id: { shopId, id: parentId } }, select: { gid: true, awardNumber: true } });
  // Codes follow their discount: putting it records this change again.
  if (!parent?.gid) return { outcome: "done" };

  const left = await prisma.codeSubmission.findMany({
    where: { shopId, parentId, state: { in: ["sending", "polling"] } },
    orderBy: { id: "asc" },
    take: PER_TURN,
    select: { id: true, state: true, gid: true },
  });
  const room = await codesToGo(shopId, parent.awardNumber, "pushed");
  const turn = { push, parentId, parentGid: parent.gid, left: [...left], opened: 0, room };
  const lanes = await Promise.all(Array.from({ length: LANES }, () => runLane(turn)));
  return lanes.reduce(worse, { outcome: "done" });
}

interface Turn {
  push: Push;
  parentId: bigint;
  parentGid: string;
  left: Submission[];
  opened: number;
  /** Codes that may still go to Shopify. */
  room: number;
}

/** One submission after the other, until none is left, the turn is used up or something went wrong. */
async function runLane(turn: Turn): Promise<Worked> {
  for (;;) {
    const submission = turn.left.shift() ?? (await nextSubmission(turn));
    if (submission === null) return { outcome: "done" };
    if (submission === "turn_over") return { outcome: "again", afterMs: 0 };
    const worked = await runSubmission(turn.push, submission, turn.parentGid);
    if (worked.outcome !== "done") return worked;
  }
}

async function nextSubmission(turn: Turn): Promise<Submission | null | "turn_over"> {
  if (turn.opened >= PER_TURN) return "turn_over";
  if (turn.room <= 0) return null;
  turn.opened++;
  // Taken before the lanes beside this one can take it too.
  const size = Math.min(MAX_PER_CALL, turn.room);
  turn.room -= size;
  const submission = await openSubmission(turn.push.shopId, turn.parentId, size, turn.push.clock());
  turn.room += size - (submission?.codesCount ?? 0);
  return submission;
}

const GRAVITY: Record<Worked["outcome"], number> = { done: 0, again: 1, stumbled: 2, failed: 3, gone: 4 };

function worse(a: Worked, b: Worked): Worked {
  return GRAVITY[b.outcome] > GRAVITY[a.outcome] ? b : a;
}
