/** Customer segments, as far as a discount's context needs them. */
import type { StoreSegment } from "../state";
import { isoSeconds, nextGid } from "../state";
import type { AdminContext, Presented, RootResolvers } from "./context";

export const segmentMutations: RootResolvers = {
  segmentCreate: (_source: unknown, { name, query }: { name: string; query: string }, { state, now }: AdminContext) => {
    const segment: StoreSegment = { gid: nextGid(state, "Segment"), name, query, createdAt: isoSeconds(now) };
    state.segments.set(segment.gid, segment);
    return { segment: presentSegment(segment), userErrors: [] };
  },
};

export function presentSegment(segment: StoreSegment): Presented {
  return { __typename: "Segment", id: segment.gid, name: segment.name, query: segment.query, creationDate: segment.createdAt, lastEditDate: segment.createdAt };
}
