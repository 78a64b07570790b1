/** One figure of a bench. */
export interface Row {
  what: string;
  value: number;
  unit: string;
  /** What it should reach, as a sentence ("≥ 10"), or null for a figure that only gives the others their scale. */
  reach: string | null;
  ok: boolean;
}

export type Bench = () => Promise<Row[]>;

/** A figure without a target. */
export function figure(what: string, value: number, unit: string): Row {
  return { what, value, unit, reach: null, ok: true };
}

export function atLeast(what: string, value: number, unit: string, least: number): Row {
  return { what, value, unit, reach: `≥ ${least}`, ok: value >= least };
}

export function atMost(what: string, value: number, unit: string, most: number): Row {
  return { what, value, unit, reach: `≤ ${most}`, ok: value <= most };
}

/** Times `work` and returns how many of `count` went through each second. */
export async function perSecond(count: number, work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (count * 1000) / (performance.now() - startedAt);
}

/** Runs the given measurements in turn, `rounds` times over, so that a slow minute of the machine hits all of them; medians. */
export async function medians<K extends string>(rounds: number, measurements: Record<K, () => Promise<number>>): Promise<Record<K, number>> {
  const keys = Object.keys(measurements) as K[];
  const values = new Map<K, number[]>(keys.map((key) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) values.get(key)?.push(await measurements[key]());
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  return Object.fromEntries(keys.map((key) => [key, median(values.get(key) ?? [])])) as Record<K, number>;
}

/** The value below which the share `p` of the list lies. */
export function percentile(list: number[], p: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0;
}

/** Calls `work` from `callers` at once until `count` calls are done; gives the rate and every call's time in ms. */
export async function load(callers: number, count: number, work: (n: number) => Promise<unknown>): Promise<{ perSecond: number; times: number[] }> {
  const times: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  const caller = async () => {
    for (let n = next++; n < count; n = next++) {
      const before = performance.now();
      await work(n);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { perSecond: (count * 1000) / (performance.now() - startedAt), times };
}
