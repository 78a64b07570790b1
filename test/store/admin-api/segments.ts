/** Customer segments: for the context of a discount, and who is in them. */
import { isMember, tagOf } from "../segment-members";
import type { StoreCustomer, StoreSegment } from "../state";
import { isoSeconds, nextGid } from "../state";
import { page, type PageArgs } from "./connection";
import type { AdminContext, Presented, RootResolvers } from "./context";
import { badRequest, notSupported } from "./errors";

export const segmentMutations: RootResolvers = {
  segmentCreate: (_source: unknown, { name, query }: { name: string; query: string }, { state, now }: AdminContext) => {
    const segment: StoreSegment = { gid: nextGid(state, "Segment"), name, query, createdAt: isoSeconds(now) };
    state.segments.set(segment.gid, segment);
    return { segment: presentSegment(segment), userErrors: [] };
  },
};

export const segmentQueries: RootResolvers = {
  customerSegmentMembers: (_source: unknown, args: PageArgs & { segmentId?: string | null }, { state }: AdminContext) => {
    const segment = args.segmentId == null ? undefined : state.segments.get(args.segmentId);
    if (!segment) throw badRequest("Segment does not exist.");
    if (tagOf(segment) === undefined) throw notSupported(`a segment of ${segment.query}`);
    const { segmentId: _segmentId, ...paging } = args;
    const members = [...state.customers.values()].filter((customer) => isMember(segment, customer));
    return { ...page("CustomerSegmentMemberConnection", members, paging, ({ gid }) => gid, presentMember), totalCount: members.length };
  },
};

function presentMember({ gid, firstName, lastName }: StoreCustomer): Presented {
  return { __typename: "CustomerSegmentMember", id: gid.replace("/Customer/", "/CustomerSegmentMember/"), firstName, lastName };
}

export function presentSegment(segment: StoreSegment): Presented {
  return { __typename: "Segment", id: segment.gid, name: segment.name, query: segment.query, creationDate: segment.createdAt, lastEditDate: segment.createdAt };
}
