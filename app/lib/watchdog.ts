/**
 * Notices that the queue's runner has stopped looking for work although it could: after a crash of the database it may wait
 * for minutes, or for ever. What does not look is better started again.
 */
import type { WorkerEvents } from "graphile-worker";

export interface Watchdog {
  /** Whether nothing was asked of the queue for `limitMs` though not every worker is busy. */
  isStuck(at: number): boolean;
}

/** Listens to a runner of `concurrency` workers. Times are milliseconds of one clock. */
export function watch(events: WorkerEvents, { concurrency, limitMs, clock }: { concurrency: number; limitMs: number; clock: () => number }): Watchdog {
  let busy = 0;
  let lastLook = clock();
  const looked = () => void (lastLook = clock());
  events.on("worker:getJob:empty", looked);
  events.on("job:start", () => {
    busy += 1;
    looked();
  });
  events.on("job:complete", () => {
    busy -= 1;
    looked();
  });
  return { isStuck: (at) => busy < concurrency && at - lastLook > limitMs };
}
