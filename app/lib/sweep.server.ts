/** Sweeps look after everything that is due, of all shops together: a fault in one place must not keep the others waiting. */
import type { Clock } from "./clock";
import { log } from "./log.server";

/** Works these one after another and answers the sum; one that fails is logged, counts as nothing and is met again on the next run. */
export async function sweepEach<T extends { shopId: number }>(items: readonly T[], what: string, work: (item: T) => Promise<number>): Promise<number> {
  let sum = 0;
  for (const item of items) {
    try {
      sum += await work(item);
    } catch (error) {
      log.error({ shopId: item.shopId, err: error }, `${what} failed in a shop`);
    }
  }
  return sum;
}

/** Takes these steps one after another, whatever becomes of those before; throws at the end, so that the job shows what failed. */
export async function sweepSteps(steps: readonly ((now: Date) => Promise<unknown>)[], clock: Clock): Promise<void> {
  const faults = new Map<string, unknown>();
  for (const step of steps) {
    try {
      await step(clock());
    } catch (error) {
      faults.set(step.name, error);
    }
  }
  if (faults.size > 0) throw new AggregateError(faults.values(), `failed: ${[...faults.keys()].join(", ")}`);
}
