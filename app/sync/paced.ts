/** The Admin API at the pace of its cost bucket: waits before a call instead of being thrown back after it. */
import { shopifyCalls, shopifyPointsGranted, shopifyPointsUsed } from "../lib/metrics.server";
import type { AdminPort, AdminResult, Operation } from "../shopify/operation";
import type { Pace } from "./pace";

/** A throttled call did nothing, so it is simply sent again, this often in all. */
const SENDS = 8;
const WAITS = 1000;

/** Wraps a port so that its calls wait for their points; what is still throttled after all sends is the caller's to postpone. */
export function pacedPort(port: AdminPort, pace: Pace, sleep: (ms: number) => Promise<void>): AdminPort {
  const note = noteCalls();

  return {
    async call(operation, variables) {
      let result: AdminResult<never> = { outcome: "throttled", waitMs: 1000, cost: null };
      for (let send = 0; send < SENDS; send++) {
        const cost = pace.costOf(operation);
        await takePoints(pace, cost, sleep);
        const answer = await callOnce(port, operation, variables, pace, cost);
        note(answer);
        if (answer.outcome !== "throttled") return answer;
        result = answer;
        await sleep(answer.waitMs);
      }
      return result;
    },
  };
}

async function takePoints(pace: Pace, cost: number, sleep: (ms: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < WAITS; round++) {
    const waitMs = pace.take(cost);
    if (waitMs === 0) return;
    await sleep(waitMs);
  }
  throw new Error(`no ${cost} points came free after ${WAITS} waits`);
}

async function callOnce<V, A>(port: AdminPort, operation: Operation<V, A>, variables: V, pace: Pace, cost: number): Promise<AdminResult<A>> {
  let answered: AdminResult<A> | null = null;
  try {
    answered = await port.call(operation, variables);
    return answered;
  } finally {
    pace.end(cost, answered && "cost" in answered ? answered.cost : null, operation.name);
  }
}

/** Counts calls, and what they used of the points that came into the bucket since the answer before. */
function noteCalls(): (answer: AdminResult<unknown>) => void {
  let since: number | null = null;
  return (answer) => {
    shopifyCalls.inc({ outcome: answer.outcome });
    const cost = "cost" in answer ? answer.cost : null;
    if (!cost) return;
    const at = performance.now();
    shopifyPointsUsed.inc(cost.actualQueryCost ?? 0);
    if (since !== null) shopifyPointsGranted.inc(((at - since) / 1000) * cost.throttleStatus.restoreRate);
    since = at;
  };
}
