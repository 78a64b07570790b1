/**
 * One addition of codes to an award, worked in steps: what is done is written down with each step, so that the same request
 * sent again, at once or after a crash, goes on where the first one stopped and is answered the same.
 */
import { z } from "zod";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { addListed, addTyped, type ParentFor, type StoredCodes } from "./add.server";
import { CODE_FAULTS, type CodeFault, type CodeList, type FailedCode } from "./list";
import { mintCodes, mintOne, type PoolToMint } from "./mint.server";
import { storeCodes } from "./store.server";
import type { TypedEntry, TypedList } from "./typed";

/** Codes of one transaction. */
const STEP = 50_000;
const MINT_STEP = 10_000;
/** So many failed codes are named; all are counted. */
const NAMED = 10_000;

export type CodesToAdd =
  | { kind: "listed"; list: CodeList }
  | { kind: "typed"; list: TypedList }
  /** The one code for everybody; null: to be made. */
  | { kind: "single"; code: string | null }
  | { kind: "minted"; count: number };

export interface AddedCodes {
  /** How many were stored. */
  added: number;
  failedCount: number;
  /** The first 10,000 of them, each with its reason. */
  failed: FailedCode[];
}

export interface Addition {
  id: bigint;
  /** Codes to be stored; those that could not even be read are not among them. */
  total: number;
  /** How many of them have had their fate. */
  done: number;
  codes: AddedCodes;
}

const reasons = Object.keys(CODE_FAULTS) as [CodeFault, ...CodeFault[]];
const Failed = z.array(z.object({ line: z.int(), code: z.string(), reason: z.enum(reasons) }));

/** The addition of this key, or null. */
export async function findAddition(shopId: number, requestKey: string): Promise<Addition | null> {
  const row = await prisma.codeAddition.findUnique({ where: { shopId_requestKey: { shopId, requestKey } } });
  return row && readAddition(row);
}

/** Writes an addition down, or finds the one of this key. */
export async function openAddition(tx: Tx, shopId: number, awardNumber: number, requestKey: string, codes: CodesToAdd, now: Date): Promise<Addition> {
  const failed = "list" in codes ? codes.list.failed : [];
  await tx.codeAddition.createMany({
    data: { shopId, awardNumber, requestKey, total: totalOf(codes), failedCount: failed.length, failed: failed.slice(0, NAMED).map((each) => ({ ...each })), createdAt: now },
    skipDuplicates: true,
  });
  return readAddition(await tx.codeAddition.findUniqueOrThrow({ where: { shopId_requestKey: { shopId, requestKey } } }));
}

function totalOf(codes: CodesToAdd): number {
  switch (codes.kind) {
    case "listed":
    case "typed":
      return codes.list.listed.length;
    case "single":
      return 1;
    case "minted":
      return codes.count;
    default:
      return codes satisfies never;
  }
}

function readAddition({ id, total, done, added, failedCount, failed }: { id: bigint; total: number; done: number; added: number; failedCount: number; failed: unknown }): Addition {
  return { id, total, done, codes: { added, failedCount, failed: Failed.parse(failed) } };
}

/** Whether every code has had its fate. */
export function isDone({ done, total }: Addition): boolean {
  return done >= total;
}

/** Where codes of an addition go. */
export interface AdditionHome {
  pool: PoolToMint;
  /** How often a code of the award is used that does not say it itself; null: without limit. */
  usesOfOne: number | null;
  /** What carries codes with restrictions. */
  parentFor: ParentFor;
  /** Discounts that have new codes. */
  tellShopify(tx: Tx, parentIds: bigint[]): Promise<void>;
}

/** Works an addition to its end, each step in a transaction of its own. */
export async function finishAddition(shopId: number, opened: Addition, codes: CodesToAdd, home: AdditionHome, now: Date): Promise<AddedCodes> {
  if (!isDone(opened) && opened.total !== totalOf(codes)) throw new Error(`addition ${opened.id} of shop ${shopId} was begun with another list`);
  let addition = opened;
  while (!isDone(addition)) addition = await inTransaction((tx) => stepAddition(tx, shopId, addition.id, codes, home, now));
  return addition.codes;
}

/** Gives the next codes of an addition their fate, inside the caller's transaction. Whoever works on the same one waits. */
export async function stepAddition(tx: Tx, shopId: number, id: bigint, codes: CodesToAdd, home: AdditionHome, now: Date): Promise<Addition> {
  await tx.$queryRaw`SELECT 1 FROM "CodeAddition" WHERE "shopId" = ${shopId} AND "id" = ${id} FOR UPDATE`;
  const before = readAddition(await tx.codeAddition.findUniqueOrThrow({ where: { shopId_id: { shopId, id } } }));
  if (isDone(before)) return before;
  const size = Math.min(codes.kind === "minted" ? MINT_STEP : STEP, before.total - before.done);
  const stored = await storeStep(tx, shopId, codes, before.done, size, home, now);
  await home.tellShopify(tx, stored.parentIds);
  const failed = [...before.codes.failed, ...stored.failed].sort((a, b) => a.line - b.line).slice(0, NAMED);
  const row = await tx.codeAddition.update({
    where: { shopId_id: { shopId, id } },
    data: { done: before.done + size, added: { increment: stored.added }, failedCount: { increment: stored.failed.length }, failed: failed.map((each) => ({ ...each })) },
  });
  return readAddition(row);
}

async function storeStep(tx: Tx, shopId: number, codes: CodesToAdd, from: number, size: number, { pool, usesOfOne, parentFor }: AdditionHome, now: Date): Promise<StoredCodes> {
  const home = { poolId: pool.id, awardNumber: pool.awardNumber, parentId: pool.parentId, shared: codes.kind === "single" };
  switch (codes.kind) {
    case "listed":
      return addListed(tx, shopId, home, codes.list.listed.slice(from, from + size), now);
    case "typed":
      return addTyped(tx, shopId, pool, codes.list.listed.slice(from, from + size).map((entry) => withUses(entry, usesOfOne)), parentFor, now);
    case "single": {
      if (codes.code !== null) return addListed(tx, shopId, home, [{ line: 1, code: codes.code }], now);
      const made = await mintOne(tx, shopId, pool, (code) => storeCodes(tx, shopId, home, [{ code, customerId: null }], now));
      return { added: made === null ? 0 : 1, failed: [], parentIds: [home.parentId] };
    }
    case "minted":
      return { added: await mintCodes(tx, shopId, pool, size, now), failed: [], parentIds: [home.parentId] };
    default:
      return codes satisfies never;
  }
}

/** Whoever is given just any code is promised the award's end: one with an end of its own says its uses itself, and is so kept out of that, as every restricted code is. */
function withUses(entry: TypedEntry, usesOfOne: number | null): TypedEntry {
  return entry.expiresAt !== null && entry.usesPerCode === null ? { ...entry, usesPerCode: usesOfOne } : entry;
}
