/** A merchant creates an award: terms, pool, parent discounts and first codes in one transaction. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { findAddition, finishAddition, isDone, openAddition, stepAddition, type AddedCodes, type Addition, type CodesToAdd } from "../codes/addition.server";
import { CODE_FAULTS } from "../codes/list";
import { codePattern } from "../codes/pattern";
import { additionHome } from "./addition-home.server";
import { applierOf, type AwardDraft, type Problem } from "./award";
import { prepareCodes, type NewCodeSource, type PreparedCodes } from "./code-source";
import { awardProblems } from "./problems.server";

/** Minted while the merchant waits; the worker makes the rest of a larger stock. */
const FIRST_CODES = 1000;

export type CreateAward =
  /** The award is saved even if some of its codes failed; each failed one is named. */
  | { outcome: "created"; awardNumber: number; codes: AddedCodes }
  /** Nothing was saved. */
  | { outcome: "refused"; problems: Problem[] };

type Prepared = Exclude<PreparedCodes, { kind: "refused" }>;

/**
 * Creates an award. `requestKey` is the form's submit key: sent twice, it makes one award and is answered with it again; after
 * a crash it adds the codes that were still missing. `predecessor`: the award it succeeds. Outcomes: created; refused when the
 * draft is wrong, the pattern cannot hold the codes or belongs to another award, or every code failed.
 */
export async function createAward(shopId: number, wanted: AwardDraft, source: NewCodeSource, now: Date, requestKey?: string, predecessor?: number): Promise<CreateAward> {
  const draft: AwardDraft = { ...wanted, appliedBy: applierOf(wanted, source.source) };
  const problems = await awardProblems(shopId, draft, source.source);
  const prepared = prepareCodes(source, draft.endsAt, now);
  if (prepared.kind === "refused") problems.push(...prepared.problems);
  if (problems.length || prepared.kind === "refused") return { outcome: "refused", problems };

  const codes = firstCodes(prepared);
  const before = await findByKey(shopId, requestKey);
  if (before !== null) return created(shopId, before, codes, now);
  try {
    const number = await inTransaction((tx) => store(tx, shopId, { draft, source, prepared, codes, requestKey: requestKey ?? null, predecessor: predecessor ?? null }, now), { timeoutMs: 60_000 });
    return await created(shopId, number, codes, now);
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", problems: [error.problem] };
    const twin = await findByKey(shopId, requestKey);
    if (twin !== null) return created(shopId, twin, codes, now);
    throw error;
  }
}

/** Thrown inside the transaction to take everything back. */
class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

async function findByKey(shopId: number, requestKey: string | undefined): Promise<number | null> {
  if (requestKey === undefined) return null;
  const award = await prisma.award.findUnique({ where: { shopId_requestKey: { shopId, requestKey } }, select: { number: true } });
  return award?.number ?? null;
}

/** The award is stored; the rest of a long list follows in steps of its own. */
async function created(shopId: number, awardNumber: number, codes: CodesToAdd, now: Date): Promise<CreateAward> {
  const addition = await findAddition(shopId, additionKey(awardNumber));
  if (!addition || isDone(addition)) return { outcome: "created", awardNumber, codes: addition?.codes ?? { added: 0, failedCount: 0, failed: [] } };
  const home = await inTransaction((tx) => additionHome(tx, shopId, awardNumber, now));
  return { outcome: "created", awardNumber, codes: await finishAddition(shopId, addition, codes, home, now) };
}

const additionKey = (awardNumber: number) => `award:${awardNumber}`;

function firstCodes(prepared: Prepared): CodesToAdd {
  return prepared.kind === "minted" ? { kind: "minted", count: Math.min(prepared.stockTarget, FIRST_CODES) } : prepared;
}

interface ToStore {
  draft: AwardDraft;
  source: NewCodeSource;
  prepared: Prepared;
  codes: CodesToAdd;
  requestKey: string | null;
  predecessor: number | null;
}

/** Stores the award with its first codes; its number. */
async function store(tx: Tx, shopId: number, { draft, source, prepared, codes, requestKey, predecessor }: ToStore, now: Date): Promise<number> {
  const shop = await tx.shop.update({ where: { id: shopId }, data: { nextAwardNumber: { increment: 1 } }, select: { nextAwardNumber: true, currency: true } });
  const number = shop.nextAwardNumber - 1;
  if (source.source === "pattern") await refuseTakenPattern(tx, shopId, prepared);
  await tx.award.create({ data: { shopId, number, ...draft, currency: draft.currency ?? shop.currency, codeSource: source.source, requestKey, predecessor, createdAt: now } });
  await tx.awardTally.create({ data: { shopId, awardNumber: number } });
  const pool = await tx.codePool.create({ data: { shopId, awardNumber: number, source: source.source, ...poolData(prepared, now) }, select: { id: true } });

  const home = await additionHome(tx, shopId, number, now);
  const opened = await openAddition(tx, shopId, number, additionKey(number), codes, now);
  const stepped = await stepAddition(tx, shopId, opened.id, codes, home, now);
  refuseIfAllFailed(stepped, codes);
  if (prepared.kind === "minted" && stepped.codes.added < prepared.stockTarget) await recordChange(tx, shopId, { kind: "refill_pool", subject: pool.id }, now);
  return number;
}

function poolData(prepared: Prepared, now: Date) {
  switch (prepared.kind) {
    case "minted":
      return { ...prepared.pattern, stockTarget: prepared.stockTarget, selfSizing: prepared.selfSizing, lowStockAt: prepared.lowStockAt };
    case "listed":
      return { ...codePattern(), lowStockAt: prepared.lowStockAt };
    case "typed":
      return codePattern();
    case "single":
      return { ...codePattern(), rotateDays: prepared.rotateDays, rotatedAt: now };
    default:
      return prepared satisfies never;
  }
}

/** The fixed part of a sample belongs to one award of the shop. Those who create awards at once wait for each other at the shop's row. */
async function refuseTakenPattern(tx: Tx, shopId: number, prepared: Prepared): Promise<void> {
  if (prepared.kind !== "minted") return;
  const { prefix } = prepared.pattern;
  const taken = await tx.codePool.findFirst({ where: { shopId, source: "pattern", prefix }, select: { awardNumber: true } });
  if (!taken) return;
  const award = await tx.award.findUniqueOrThrow({ where: { shopId_number: { shopId, number: taken.awardNumber } }, select: { name: true } });
  throw new Refusal({ field: "sample", message: `Codes that begin with ${prefix} belong to “${award.name}” (award ${taken.awardNumber}). Begin the sample differently.` });
}

function refuseIfAllFailed(addition: Addition, asked: CodesToAdd): void {
  const { codes } = addition;
  if (!isDone(addition) || codes.added > 0) return;
  const [first] = codes.failed;
  if (!first) throw new Refusal({ field: "codes", message: CODE_FAULTS.used_up });
  const message = codes.failedCount === 1 ? CODE_FAULTS[first.reason] : `None of the ${codes.failedCount} codes can be used. Line ${first.line}: ${CODE_FAULTS[first.reason]}`;
  throw new Refusal({ field: asked.kind === "single" ? "code" : "codes", message });
}
