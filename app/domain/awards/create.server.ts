/** A merchant creates an award: terms, pool, parent discount and first codes in one transaction. */
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { recordChange } from "../changes/record.server";
import { addCodes, type AddedCodes } from "../codes/add.server";
import { codeFault, CODE_FAULTS, collectCodes, parseCodeList, type CodeList } from "../codes/list";
import { mintCodes } from "../codes/mint.server";
import { capacity, codePattern, type CodePattern } from "../codes/pattern";
import { codeMaker } from "../codes/permutation";
import { seedCode } from "../codes/seed-code";
import { draftProblems, type AwardDraft, type Problem } from "./award";
import { MAX_STOCK, type NewCodeSource } from "./code-source";

/** Minted while the merchant waits; the worker makes the rest of a larger stock. */
const FIRST_CODES = 1000;
const NO_PATTERN: CodePattern = { prefix: "", alphabet: "", length: 0, groupSize: 0 };

export type CreateAward =
  /** The award is saved even if some of its codes failed; each failed one is named. */
  | { outcome: "created"; awardNumber: number; codes: AddedCodes }
  /** Nothing was saved. */
  | { outcome: "refused"; problems: Problem[] };

/** What is made of a source before anything is stored. */
type Prepared = { kind: "minted"; pattern: CodePattern; stockTarget: number } | { kind: "listed"; list: CodeList } | { kind: "made" };

/**
 * Creates an award. `requestKey` is the form's submit key: sent twice, it makes one award and is answered with it again.
 * Outcomes: created; refused when the draft is wrong, the pattern cannot hold the codes, or every code failed.
 */
export async function createAward(shopId: number, draft: AwardDraft, source: NewCodeSource, now: Date, requestKey?: string): Promise<CreateAward> {
  const problems = draftProblems(draft);
  const prepared = prepare(source);
  if ("problems" in prepared) problems.push(...prepared.problems);
  if (problems.length || "problems" in prepared) return { outcome: "refused", problems };

  try {
    return await inTransaction((tx) => store(tx, shopId, { draft, source, prepared, requestKey: requestKey ?? null }, now));
  } catch (error) {
    if (error instanceof EveryCodeFailed) return { outcome: "refused", problems: [error.problem] };
    const before = requestKey === undefined ? null : await prisma.award.findUnique({ where: { shopId_requestKey: { shopId, requestKey } } });
    if (before) return { outcome: "created", awardNumber: before.number, codes: { added: 0, failed: [] } };
    throw error;
  }
}

/** Thrown inside the transaction to take everything back. */
class EveryCodeFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

function prepare(source: NewCodeSource): Prepared | { problems: Problem[] } {
  switch (source.source) {
    case "generated": {
      if (source.stockTarget > MAX_STOCK) return { problems: [{ field: "stockTarget", message: `At most ${MAX_STOCK.toLocaleString("en")} codes in stock.` }] };
      const pattern = codePattern(source);
      const fit = capacity(pattern, source.stockTarget);
      return fit.outcome === "refused" ? { problems: fit.problems } : { kind: "minted", pattern, stockTarget: source.stockTarget };
    }
    case "single": {
      const code = (source.code ?? "").trim().toUpperCase();
      if (!code) return { kind: "made" };
      const fault = codeFault(code);
      return fault ? { problems: [{ field: "code", message: CODE_FAULTS[fault] }] } : { kind: "listed", list: { listed: [{ line: 1, code }], failed: [] } };
    }
    case "pasted": {
      const list = parseCodeList(source.text);
      return list.outcome === "refused" ? { problems: [{ field: "codes", message: list.message }] } : checked(list);
    }
    case "uploaded":
      return checked(source.file);
    default:
      return source satisfies never;
  }
}

function checked(list: CodeList): Prepared | { problems: Problem[] } {
  if (list.listed.length) return { kind: "listed", list };
  const first = list.failed[0];
  const message = first ? `None of the ${list.failed.length} codes can be used. Line ${first.line}: ${CODE_FAULTS[first.reason]}` : "Add at least one code.";
  return { problems: [{ field: "codes", message }] };
}

interface ToStore {
  draft: AwardDraft;
  source: NewCodeSource;
  prepared: Prepared;
  requestKey: string | null;
}

async function store(tx: Tx, shopId: number, { draft, source, prepared, requestKey }: ToStore, now: Date): Promise<CreateAward> {
  const shop = await tx.shop.update({ where: { id: shopId }, data: { nextAwardNumber: { increment: 1 } }, select: { nextAwardNumber: true, currency: true, codeKey: true } });
  const number = shop.nextAwardNumber - 1;
  await tx.award.create({ data: { shopId, number, ...draft, currency: draft.currency ?? shop.currency, codeSource: source.source, requestKey } });
  await tx.awardTally.create({ data: { shopId, awardNumber: number } });
  const pattern = prepared.kind === "minted" ? prepared.pattern : prepared.kind === "made" ? codePattern() : NO_PATTERN;
  const pool = await tx.codePool.create({
    data: { shopId, awardNumber: number, source: source.source, ...pattern, stockTarget: prepared.kind === "minted" ? prepared.stockTarget : 0 },
  });
  const parent = await tx.parentDiscount.create({ data: { shopId, awardNumber: number, seedCode: seedCode(shop.codeKey, number, "") } });
  const home = { poolId: pool.id, awardNumber: number, parentId: parent.id, shared: source.source === "single" };

  const codes = await firstCodes(tx, shopId, { ...pool, parentId: parent.id, codeKey: shop.codeKey }, home, prepared, now);
  await recordChange(tx, shopId, { kind: "put_discount", subject: parent.id }, now);
  if (prepared.kind === "minted" && codes.added < prepared.stockTarget) await recordChange(tx, shopId, { kind: "refill_pool", subject: pool.id }, now);
  return { outcome: "created", awardNumber: number, codes };
}

async function firstCodes(
  tx: Tx,
  shopId: number,
  pool: CodePattern & { id: bigint; awardNumber: number; parentId: bigint; codeKey: Uint8Array },
  home: { poolId: bigint; awardNumber: number; parentId: bigint; shared: boolean },
  prepared: Prepared,
  now: Date,
): Promise<AddedCodes> {
  switch (prepared.kind) {
    case "minted":
      return { added: await mintCodes(tx, shopId, pool, Math.min(prepared.stockTarget, FIRST_CODES), now), failed: [] };
    case "made":
      return addCodes(tx, shopId, home, madeCode(pool), now);
    case "listed": {
      const codes = await addCodes(tx, shopId, home, prepared.list, now);
      if (codes.added > 0) return codes;
      throw new EveryCodeFailed({ field: home.shared ? "code" : "codes", message: CODE_FAULTS[codes.failed[0]?.reason ?? "already_ours"] });
    }
    default:
      return prepared satisfies never;
  }
}

/** The one code of a single-code award whose merchant left the code blank. */
function madeCode(pool: CodePattern & { id: bigint; codeKey: Uint8Array }): CodeList {
  const { add, list } = collectCodes();
  add(1, codeMaker(pool.codeKey, pool.id, pool).codeAt(0));
  return list;
}
