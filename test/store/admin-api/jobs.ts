/** Background jobs. The local store does such work at once, so a job is done when it is first seen. */
import type { ShopState } from "../state";
import { nextGid } from "../state";
import type { Presented, RootResolvers } from "./context";

export function newJob(state: ShopState): Presented {
  return presentJob(nextGid(state, "Job"));
}

export const jobQueries: RootResolvers = {
  job: (_source: unknown, { id }: { id: string }) => presentJob(id),
};

function presentJob(gid: string): Presented {
  return { __typename: "Job", id: gid, done: true };
}
