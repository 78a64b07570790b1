/** Background jobs. The local store does such work at once; whether the first answer says so is as recorded. */
import type { AdminContext, Presented, RootResolvers } from "./context";

/** A job whose answer still says that it goes on. */
export function startedJob({ jobId }: AdminContext): Presented {
  return { __typename: "Job", id: `gid://shopify/Job/${jobId}`, done: false };
}

/** A job that is done before its answer is written. */
export function finishedJob({ jobId }: AdminContext): Presented {
  return { __typename: "Job", id: `gid://shopify/Job/${jobId}`, done: true };
}

export const jobQueries: RootResolvers = {
  job: (_source: unknown, { id }: { id: string }) => ({ __typename: "Job", id, done: true }),
};
