/**
 * One bulk creation of at most 250 codes. It is written down, and its codes are marked, before the call: after a crash
 * the row says what may already be on Shopify, and sending it again is harmless, because a code exists there only once.
 */
import { pool, prisma } from "../../lib/db.server";
import { addCodes, creationProgress, creationResult, MAX_PER_CALL, type CreatedCode } from "../../shopify/operations/redeem-codes";
import { setback, type Push, type Worked } from "../work";
import { ownersOf } from "./owner.server";

/** Written down, and perhaps sent: what a crash leaves behind. */
export interface LeftSubmission {
  id: bigint;
  /** Shopify's bulk creation, once its answer was had. */
  gid: string | null;
  /** Its codes, where they have just been claimed. */
  codes?: string[];
}
export interface SentSubmission {
  id: bigint;
  gid: string;
}

type Setback = Exclude<Worked, { outcome: "done" }>;

const POLLS = 15;
const FIRST_POLL_MS = 300;
const LONGEST_POLL_MS = 5000;
/** After this many polls the job goes on with other work and comes back. */
const POLL_AGAIN_MS = 10_000;

/** Claims up to `size` planned codes, 250 at most, for a new submission; null if none is planned. */
export async function openSubmission(shopId: number, parentId: bigint, size: number, now: Date): Promise<(LeftSubmission & { codes: string[] }) | null> {
  const { rows } = await pool.query<{ id: bigint; codes: string[] }>({
    name: "open_submission",
    text: 'SELECT s."id", s."codes" FROM open_submission($1, $2, $3, $4) s',
    values: [shopId, parentId, size, now],
  });
  const [opened] = rows;
  return opened ? { ...opened, gid: null } : null;
}

/** Sends a submission, unless Shopify has it already. */
export async function sendSubmission({ shopId, admin }: Push, submission: LeftSubmission, parentGid: string): Promise<SentSubmission | Setback> {
  const { id } = submission;
  if (submission.gid !== null) return { id, gid: submission.gid };
  const codes = submission.codes ?? (await codesOf(shopId, id));
  const sent = await admin.call(addCodes, { discountId: parentGid, codes: codes.map((code) => ({ code })) });
  if (sent.outcome !== "ok") return setback(sent);
  const gid = sent.answer.bulkCreation?.id;
  if (!gid) return { outcome: "stumbled", problem: "Shopify began no bulk creation and named no reason", afterMs: null };
  await prisma.codeSubmission.updateMany({ where: { shopId, id, state: "sending" }, data: { state: "polling", gid } });
  return { id, gid };
}

async function codesOf(shopId: number, submissionId: bigint): Promise<string[]> {
  const coupons = await prisma.coupon.findMany({ where: { shopId, submissionId, codeState: "submitted" }, select: { code: true }, orderBy: { id: "asc" }, take: MAX_PER_CALL });
  return coupons.map(({ code }) => code);
}

/** Follows a submission to its end and writes down every code's fate. */
export async function followSubmission(push: Push, submission: SentSubmission, parentGid: string): Promise<Worked> {
  const created = await follow(push, submission);
  return "outcome" in created ? created : writeFates(push, submission, parentGid, created.codes);
}

async function follow({ shopId, admin, sleep }: Push, { id, gid }: SentSubmission): Promise<Setback | { codes: CreatedCode[] }> {
  for (let poll = 0; poll < POLLS; poll++) {
    await sleep(Math.min(LONGEST_POLL_MS, FIRST_POLL_MS * 1.6 ** poll));
    const progress = await admin.call(creationProgress, { id: gid });
    if (progress.outcome !== "ok") return setback(progress);
    if (progress.answer?.done === false) continue;
    const result = await admin.call(creationResult, { id: gid });
    if (result.outcome !== "ok") return setback(result);
    if (result.answer) return { codes: result.answer.codes.nodes };
    // Shopify forgot the bulk creation: what it did is found out by sending the codes once more.
    await prisma.codeSubmission.updateMany({ where: { shopId, id, state: "polling" }, data: { state: "sending", gid: null } });
    return { outcome: "stumbled", problem: "Shopify does not know the bulk creation any more", afterMs: null };
  }
  return { outcome: "again", afterMs: POLL_AGAIN_MS };
}

export const TAKEN_ELSEWHERE = "This code is taken on Shopify by another discount.";

interface Fates {
  live: { code: string; gid: string | null }[];
  failed: { code: string; problem: string }[];
}

async function writeFates(push: Push, { id }: SentSubmission, parentGid: string, nodes: CreatedCode[]): Promise<Worked> {
  // "Must be unique" may mean ours: put there by a call whose answer was lost.
  const owners = await ownersOf(push, nodes.filter(isNotUnique).map(({ code }) => code));
  if (!(owners instanceof Map)) return owners;
  const fates: Fates = { live: [], failed: [] };
  for (const node of nodes) {
    if (node.discountRedeemCode) fates.live.push({ code: node.code, gid: node.discountRedeemCode.id });
    else if (owners.get(node.code) === parentGid) fates.live.push({ code: node.code, gid: null });
    else if (owners.get(node.code)) fates.failed.push({ code: node.code, problem: TAKEN_ELSEWHERE });
    else if (!isNotUnique(node)) fates.failed.push({ code: node.code, problem: node.errors.map(({ message }) => message).join(" ") });
  }
  const without = await store(push.shopId, id, fates, push.clock());
  if (without === 0) return { outcome: "done" };
  return { outcome: "stumbled", problem: `Shopify left the fate of ${without} codes open`, afterMs: null };
}

/** Per-code errors carry no code, only a message: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DiscountRedeemCodeBulkCreationCode */
function isNotUnique({ errors, discountRedeemCode }: CreatedCode): boolean {
  if (discountRedeemCode) return false;
  return errors.length === 0 || errors.some(({ message }) => /must be unique/i.test(message));
}

/** Writes the fates down and closes the submission; returns how many codes had none: those are sent again, none may be forgotten. */
async function store(shopId: number, submissionId: bigint, { live, failed }: Fates, now: Date): Promise<number> {
  const { rows } = await pool.query<{ without: number }>({
    name: "close_submission",
    text: 'SELECT close_submission($1, $2, $3, $4, $5, $6, $7) AS "without"',
    values: [shopId, submissionId, live.map(({ code }) => code), live.map(({ gid }) => gid), failed.map(({ code }) => code), failed.map(({ problem }) => problem), now],
  });
  return rows[0]?.without ?? 0;
}
