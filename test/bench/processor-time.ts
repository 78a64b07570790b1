/** Where the processor's time goes while something is measured: two cores do the work of callers, server and database together. */
import { readdirSync, readFileSync } from "node:fs";
import { pool } from "#app/lib/db.server.ts";
import { figure, type Row } from "./row";

/** Linux counts in hundredths of a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_US = 10_000;

type Clocks = Record<string, () => number>;

/** Adds up what a repeated piece of work costs in each process; its rows are empty where there is no /proc. */
export async function processorTime(what: string, processes: Record<string, number>) {
  const { rows } = await pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const postmaster = fieldsOf(rows[0]?.pid ?? 0)?.parent;
  const clocks: Clocks = { PostgreSQL: () => (postmaster === undefined ? 0 : ofFamily(postmaster)) };
  for (const [name, pid] of Object.entries(processes)) clocks[name] = () => fieldsOf(pid)?.own ?? 0;
  const spent = new Map<string, number>();
  let done = 0;

  return {
    /** Does `count` pieces of work. */
    async of<Result>(count: number, work: () => Promise<Result>): Promise<Result> {
      const before = Object.entries(clocks).map(([name, now]) => [name, now()] as const);
      const result = await work();
      for (const [name, at] of before) spent.set(name, (spent.get(name) ?? 0) + ((clocks[name]?.() ?? at) - at));
      done += count;
      return result;
    },
    rows: (): Row[] => (postmaster === undefined ? [] : [...spent].map(([name, ticks]) => figure(`processor time of one ${what}: ${name}`, (ticks * TICK_US) / done, "µs"))),
  };
}

/** A process of PostgreSQL's for each connection, and what those that have ended took. */
function ofFamily(postmaster: number): number {
  const family = readdirSync("/proc").flatMap((pid) => (/^\d+$/.test(pid) ? (fieldsOf(Number(pid)) ?? []) : []));
  return family.filter(({ parent }) => parent === postmaster).reduce((sum, { own }) => sum + own, fieldsOf(postmaster)?.ended ?? 0);
}

function fieldsOf(pid: number): { parent: number; own: number; ended: number } | null {
  try {
    // The name, in brackets, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").map(Number) ?? [];
    const [, parent = 0, , , , , , , , , , user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields;
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return null;
  }
}
