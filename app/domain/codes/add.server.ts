/** Adds codes that were typed, pasted or uploaded; every one of them has a fate. */
import type { Tx } from "../../lib/db.server";
import { findCustomers, type CustomerFinding } from "../customers/find.server";
import { parseIdentifier, type CustomerIdentifier } from "../customers/identifier";
import type { CodeFault, FailedCode, ListedCode } from "./list";
import { mintOne, type PoolToMint } from "./mint.server";
import { storeCodes, type CodesHome, type CodeToStore } from "./store.server";
import type { Restrictions, TypedEntry } from "./typed";

const BATCH = 10_000;

export interface StoredCodes {
  /** How many were stored. */
  added: number;
  failed: FailedCode[];
  /** The discounts that carry them. */
  parentIds: bigint[];
}

/** Stores listed codes inside the caller's transaction; one that cannot be stored fails by itself and stops no other. */
export async function addListed(tx: Tx, shopId: number, home: CodesHome, listed: ListedCode[], now: Date): Promise<StoredCodes> {
  const failed: FailedCode[] = [];
  let added = 0;
  for (let done = 0; done < listed.length; done += BATCH) {
    const known = await boundTo(tx, shopId, listed.slice(done, done + BATCH));
    const entries = known.flatMap(({ entry, customerId }) => (customerId === undefined ? [] : [{ ...entry, customerId }]));
    const stored = new Set(await storeCodes(tx, shopId, home, entries, now));
    added += stored.size;
    const here = await alreadyHere(tx, shopId, home.awardNumber, entries.filter(({ code }) => !stored.has(code)));
    for (const { entry, customerId } of known) {
      if (customerId === undefined) failed.push(fate(entry, "unknown_customer"));
      else if (!stored.has(entry.code)) failed.push(fate(entry, here.has(entry.code) ? "already_here" : "already_ours"));
    }
  }
  return { added, failed, parentIds: [home.parentId] };
}

/** Finds or makes the discount that carries codes with these restrictions. */
export type ParentFor = (tx: Tx, restrictions: Restrictions & { customerId: bigint | null }) => Promise<bigint>;

/** Stores typed codes inside the caller's transaction, each under its own restrictions, in the same way. */
export async function addTyped(tx: Tx, shopId: number, pool: PoolToMint, typed: TypedEntry[], parentFor: ParentFor, now: Date): Promise<StoredCodes> {
  const failed: FailedCode[] = [];
  const parentIds = new Set<bigint>();
  const known = await boundTo(tx, shopId, typed);
  for (const { entry, customerId } of known) {
    if (customerId === undefined) failed.push(fate(entry, "unknown_customer"));
    else {
      const parentId = await parentFor(tx, { ...entry, customerId });
      parentIds.add(parentId);
      const home = { poolId: pool.id, awardNumber: pool.awardNumber, parentId, shared: false };
      const fault = await addOne(tx, shopId, pool, home, { ...entry, customerId }, now);
      if (fault) failed.push(fate(entry, fault));
    }
  }
  return { added: typed.length - failed.length, failed, parentIds: [...parentIds] };
}

async function addOne(tx: Tx, shopId: number, pool: PoolToMint, home: CodesHome, entry: TypedEntry & { customerId: bigint | null }, now: Date): Promise<CodeFault | null> {
  const { code, customerId } = entry;
  const store = (wanted: string) => storeCodes(tx, shopId, home, [{ code: wanted, customerId }], now, entry);
  if (code === null) return (await mintOne(tx, shopId, pool, store)) === null ? "used_up" : null;
  if ((await store(code)).length > 0) return null;
  return (await alreadyHere(tx, shopId, home.awardNumber, [{ code, customerId }])).has(code) ? "already_here" : "already_ours";
}

type Known<T> = { entry: T; customerId: bigint | null | undefined }[];

/** Each entry with the customer it names: null where it names nobody, undefined where nobody is found. */
async function boundTo<T extends { customer?: string }>(tx: Tx, shopId: number, entries: T[]): Promise<Known<T>> {
  const names = new Set(entries.flatMap(({ customer }) => customer || []));
  const named = [...names].flatMap((name) => parsed(name) ?? []);
  const findings = await findCustomers(tx, shopId, named.map(({ identifier }) => identifier));
  const ids = new Map(named.map(({ name }, index) => [name, idOf(findings[index])]));
  return entries.map((entry) => ({ entry, customerId: entry.customer ? ids.get(entry.customer) : null }));
}

function parsed(name: string): { name: string; identifier: CustomerIdentifier } | null {
  const identifier = parseIdentifier(name);
  return identifier && { name, identifier };
}

function idOf(finding: CustomerFinding | undefined): bigint | undefined {
  return finding?.outcome === "found" ? finding.customerId : undefined;
}

async function alreadyHere(tx: Tx, shopId: number, awardNumber: number, entries: CodeToStore[]): Promise<Set<string>> {
  if (entries.length === 0) return new Set();
  const rows = await tx.coupon.findMany({ where: { shopId, awardNumber, code: { in: entries.map(({ code }) => code) } }, select: { code: true } });
  return new Set(rows.map(({ code }) => code));
}

/** The customer is left out: what failed is kept, and shown to whoever asks for it. */
function fate({ line, code }: { line: number; code: string | null }, reason: CodeFault): FailedCode {
  return { line, code: (code ?? "").slice(0, 60), reason };
}
