/** Asks Shopify who is in a segment that an award is given to. */
import { failReading, findReading, stageMembers } from "../../domain/imports/issue-to-segment.server";
import { gid, gidTail } from "../../lib/gid";
import { segmentMembers } from "../../shopify/operations/segments";
import { setback, type Push, type Worked } from "../work";

/** Pages of one turn; after it, what is more needed gets its own. */
const PER_TURN = 20;

/** Reads on from where the import stands, a page in each transaction: a crash repeats no page. */
export async function readSegment({ shopId, admin, clock }: Push, importId: bigint): Promise<Worked> {
  for (let page = 0; page < PER_TURN; page++) {
    const reading = await findReading(shopId, importId);
    if (!reading) return { outcome: "done" };
    const result = await admin.call(segmentMembers, { segmentId: reading.segmentGid, after: reading.after });
    if (result.outcome !== "ok") {
      const failed = setback(result);
      if (failed.outcome === "failed") await failReading(shopId, importId, `The segment could not be read. ${failed.problem}`);
      return failed;
    }
    const { edges, pageInfo } = result.answer;
    const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
    await stageMembers(shopId, importId, { after: reading.after, next, customerGids: edges.map(({ node }) => gid("Customer", gidTail(node.id))) }, clock());
  }
  return { outcome: "again", afterMs: 0 };
}
