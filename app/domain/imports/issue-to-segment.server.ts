/** An award is given to everybody in a segment of the shop's customers. Shopify knows who they are; the worker asks, page by page. */
import { inTransaction, prisma } from "../../lib/db.server";
import { gidTail, type Gid } from "../../lib/gid";
import { recordChange } from "../changes/record.server";
import { rememberCustomers } from "../customers/remember.server";
import { NewImport, Options } from "./import";
import type { IssueTo } from "./issue-to.server";
import { endStaging, MAX_IMPORT_ROWS } from "./stage.server";

export interface SegmentDistribution {
  awardNumber: number;
  segmentGid: Gid<"Segment">;
  /** For nothing; else each is asked for the price in points. */
  distributed: boolean;
  /** What it is called in the list of imports. */
  name: string;
  requestKey: string;
}

/** Begins an import of one row for each member. The same request key is the same distribution. */
export async function issueToSegment(shopId: number, { awardNumber, segmentGid, distributed, name, requestKey }: SegmentDistribution, now: Date): Promise<IssueTo> {
  if (!(await prisma.award.findUnique({ where: { shopId_number: { shopId, number: awardNumber } }, select: { number: true } }))) return { outcome: "refused", message: "There is no such award." };
  const wanted = NewImport.parse({ kind: "issue", awardNumber, distributed, applyAtOnce: true, fileName: name, requestKey: `segment:${requestKey}`, repeat: true });
  const options = { ...Options.parse(wanted), segmentGid };
  return inTransaction(async (tx) => {
    const { count } = await tx.import.createMany({
      data: { shopId, kind: wanted.kind, awardNumber, options, fileName: wanted.fileName, requestKey: wanted.requestKey, header: "customer", createdAt: now }, skipDuplicates: true,
    });
    const { id } = await tx.import.findUniqueOrThrow({ where: { shopId_requestKey: { shopId, requestKey: wanted.requestKey } }, select: { id: true } });
    if (count === 1) await recordChange(tx, shopId, { kind: "read_segment", subject: id }, now);
    return { outcome: "started", importId: id };
  });
}

/** Where reading a segment stands; null: nothing is to be read (any more). after: Shopify's cursor, null at the beginning. */
export async function findReading(shopId: number, importId: bigint): Promise<{ segmentGid: string; after: string | null } | null> {
  const found = await prisma.import.findUnique({ where: { shopId_id: { shopId, id: importId } }, select: { status: true, options: true } });
  const { segmentGid, after = null } = Options.parse(found?.options ?? {});
  return found?.status === "staging" && segmentGid !== undefined ? { segmentGid, after } : null;
}

export interface SegmentPage {
  /** The cursor that it was asked for with, and the one for the next page; null: it was the last. */
  after: string | null;
  next: string | null;
  customerGids: Gid<"Customer">[];
}

/**
 * Stores a page of members as rows, each page once; the last one starts the distribution. `too_many` and `nobody` fail the
 * import with the reason.
 */
export async function stageMembers(shopId: number, importId: bigint, page: SegmentPage, now: Date): Promise<{ outcome: "stored" | "finished" | "known_page" | "too_many" | "nobody" }> {
  return inTransaction(async (tx) => {
    const [found] = await tx.$queryRaw<{ status: string; options: unknown; rowsCount: number }[]>`
      SELECT "status"::text, "options", "rowsCount" FROM "Import" WHERE "shopId" = ${shopId} AND "id" = ${importId} FOR UPDATE`;
    const options = Options.parse(found?.options ?? {});
    if (found?.status !== "staging" || (options.after ?? null) !== page.after) return { outcome: "known_page" };
    const rowsCount = found.rowsCount + page.customerGids.length;
    const problem = rowsCount > MAX_IMPORT_ROWS ? `The segment has more than ${MAX_IMPORT_ROWS.toLocaleString("en")} customers.` : rowsCount === 0 && page.next === null ? "Nobody is in this segment." : null;
    if (problem !== null) {
      await tx.import.updateMany({ where: { shopId, id: importId, status: "staging" }, data: { status: "failed", problem } });
      return { outcome: rowsCount === 0 ? "nobody" : "too_many" };
    }
    // They are the shop's customers: Shopify says so.
    await rememberCustomers(tx, shopId, page.customerGids.map((gid) => ({ gid })));
    await tx.$executeRaw`
      INSERT INTO "ImportRow" ("shopId", "importId", "line", "input", "namedBy", "name")
      SELECT ${shopId}, ${importId}, ${found.rowsCount}::int + 1 + place, number, 'gid', gid
      FROM unnest(${page.customerGids}::text[], ${page.customerGids.map(gidTail)}::text[]) WITH ORDINALITY AS member(gid, number, place)`;
    await tx.import.updateMany({ where: { shopId, id: importId }, data: { rowsCount, options: { ...options, after: page.next } } });
    if (page.next !== null) return { outcome: "stored" };
    await endStaging(tx, shopId, { importId, fileHash: null }, now);
    return { outcome: "finished" };
  });
}

/** The segment cannot be read: the import says why. */
export async function failReading(shopId: number, importId: bigint, problem: string): Promise<void> {
  await prisma.import.updateMany({ where: { shopId, id: importId, status: "staging" }, data: { status: "failed", problem } });
}
