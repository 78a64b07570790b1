/** Adds codes that were typed, pasted or uploaded; every one of them has a fate. */
import type { Tx } from "../../lib/db.server";
import type { CodeList, FailedCode, ListedCode } from "./list";
import { storeCodes, type CodesHome } from "./store.server";

const BATCH = 10_000;

export interface AddedCodes {
  /** How many were stored. */
  added: number;
  failed: FailedCode[];
}

/** Stores the listed codes inside the caller's transaction; one that the shop has already fails by itself and stops no other. */
export async function addCodes(tx: Tx, shopId: number, home: CodesHome, list: CodeList, now: Date): Promise<AddedCodes> {
  const failed = [...list.failed];
  let added = 0;
  for (let done = 0; done < list.listed.length; done += BATCH) {
    const batch = list.listed.slice(done, done + BATCH);
    const stored = new Set(await storeCodes(tx, shopId, home, batch.map(({ code }) => code), now));
    added += stored.size;
    for (const entry of batch) if (!stored.has(entry.code)) failed.push(alreadyOurs(entry));
  }
  return { added, failed: failed.sort((a, b) => a.line - b.line) };
}

function alreadyOurs({ line, code }: ListedCode): FailedCode {
  return { line, code, reason: "already_ours" };
}
