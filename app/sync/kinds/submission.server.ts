/**
 * One bulk creation of at most 250 codes. It is written down, and its codes are marked, before the call: after a crash
 * the row says what may already be on Shopify, and sending it again is harmless, because a code exists there only once.
 */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { addCodes, creationProgress, creationResult, MAX_PER_CALL, type CreatedCode } from "../../shopify/operations/redeem-codes";
import { setback, type Push, type Worked } from "../work";
import { ownersOf } from "./owner.server";

export interface Submission {
  id: bigint;
  state: "sending" | "polling" | "done";
  /** Shopify's bulk creation, once its answer was had. */
  gid: string | null;
}

type Setback = Exclude<Worked, { outcome: "done" }>;

const POLLS = 15;
const FIRST_POLL_MS = 300;
const LONGEST_POLL_MS = 5000;
/** After this many polls the job goes on with other work and comes back. */
const POLL_AGAIN_MS = 10_000;

/** Claims up to `size` planned codes, 250 at most, for a new submission; null if none is planned. */
export async function openSubmission(shopId: number, parentId: bigint, size: number, now: Date): Promise<(Submission & { codesCount: number }) | null> {
  return inTransaction(async (tx) => {
    const planned = await tx.$queryRaw<{ id: bigint }[]>`
      SELECT "id" FROM "Coupon" WHERE "shopId" = ${shopId} AND "parentId" = ${parentId} AND "codeState" = 'planned'
      ORDER BY "id" LIMIT ${size} FOR UPDATE SKIP LOCKED`;
    if (planned.length === 0) return null;
    const submission = await tx.codeSubmission.create({ data: { shopId, parentId, codesCount: planned.length, createdAt: now } });
    const marked = await tx.$executeRaw`
      UPDATE "Coupon" SET "codeState" = 'submitted', "submissionId" = ${submission.id}
      WHERE "shopId" = ${shopId} AND "id" = ANY(${planned.map(({ id }) => id)}::bigint[]) AND "codeState" = 'planned'`;
    if (marked !== planned.length) throw new Error(`${planned.length} codes were locked, ${marked} marked`);
    return { id: submission.id, state: "sending", gid: null, codesCount: planned.length };
  });
}

/** Sends a submission if needed, follows it to its end and writes down every code's fate. */
export async function runSubmission(push: Push, submission: Submission, parentGid: string): Promise<Worked> {
  const gid = submission.gid ?? (await send(push, submission, parentGid));
  if (typeof gid !== "string") return gid;
  const created = await follow(push, submission, gid);
  if ("outcome" in created) return created;
  return writeFates(push, submission, parentGid, created.codes);
}

async function send({ shopId, admin }: Push, { id }: Submission, parentGid: string): Promise<string | Worked> {
  const coupons = await prisma.coupon.findMany({ where: { shopId, submissionId: id, codeState: "submitted" }, select: { code: true }, orderBy: { id: "asc" }, take: MAX_PER_CALL });
  const sent = await admin.call(addCodes, { discountId: parentGid, codes: coupons });
  if (sent.outcome !== "ok") return setback(sent);
  const gid = sent.answer.bulkCreation?.id;
  if (!gid) return { outcome: "stumbled", problem: "Shopify began no bulk creation and named no reason", afterMs: null };
  await prisma.codeSubmission.updateMany({ where: { shopId, id, state: "sending" }, data: { state: "polling", gid } });
  return gid;
}

async function follow({ shopId, admin, sleep }: Push, { id }: Submission, gid: string): Promise<Setback | { codes: CreatedCode[] }> {
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

async function writeFates(push: Push, { id }: Submission, parentGid: string, nodes: CreatedCode[]): Promise<Worked> {
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
  const without = await inTransaction((tx) => store(tx, push.shopId, id, fates, push.clock()));
  if (without === 0) return { outcome: "done" };
  return { outcome: "stumbled", problem: `Shopify left the fate of ${without} codes open`, afterMs: null };
}

/** Per-code errors carry no code, only a message: https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DiscountRedeemCodeBulkCreationCode */
function isNotUnique({ errors, discountRedeemCode }: CreatedCode): boolean {
  if (discountRedeemCode) return false;
  return errors.length === 0 || errors.some(({ message }) => /must be unique/i.test(message));
}

/** Writes the fates down and closes the submission; returns how many codes had none. */
async function store(tx: Tx, shopId: number, submissionId: bigint, { live, failed }: Fates, now: Date): Promise<number> {
  await tx.$executeRaw`
    UPDATE "Coupon" c SET "codeState" = 'live', "redeemCodeGid" = fate.gid, "problem" = NULL
    FROM unnest(${live.map(({ code }) => code)}::text[], ${live.map(({ gid }) => gid ?? "")}::text[]) AS raw(code, raw_gid),
      LATERAL (SELECT NULLIF(raw.raw_gid, '') AS gid) AS fate
    WHERE c."shopId" = ${shopId} AND c."submissionId" = ${submissionId} AND c."codeState" = 'submitted' AND c."code" = raw.code`;
  await tx.$executeRaw`
    UPDATE "Coupon" c SET "codeState" = 'failed', "problem" = fate.problem
    FROM unnest(${failed.map(({ code }) => code)}::text[], ${failed.map(({ problem }) => problem)}::text[]) AS fate(code, problem)
    WHERE c."shopId" = ${shopId} AND c."submissionId" = ${submissionId} AND c."codeState" = 'submitted' AND c."code" = fate.code`;
  // Refused as not unique, yet nobody has it, or left out of the list: such a code is sent again; none may be forgotten.
  const without = await tx.coupon.updateMany({ where: { shopId, submissionId, codeState: "submitted" }, data: { codeState: "planned", submissionId: null } });
  await tx.codeSubmission.updateMany({ where: { shopId, id: submissionId }, data: { state: "done", doneAt: now } });
  return without.count;
}
