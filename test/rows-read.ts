/** How many rows PostgreSQL goes through for a piece of work: what a bad plan shows by, on a fast machine as on a slow one. */
import type { PoolClient } from "pg";
import { z } from "zod";
import { pool } from "#app/lib/db.server.ts";

/** Statements that take less are no matter, and there are thousands. */
const FROM_MS = 10;

let total = 0;

/** Every connection from now on tells its plans: call it before the first is opened. The role must be allowed to load auto_explain. */
export function watchPlans(): void {
  pool.on("connect", (client: PoolClient) => {
    client.on("notice", ({ message = "" }) => (total += rowsOfPlan(message)));
    void client.query(`
      LOAD 'auto_explain'; SET auto_explain.log_min_duration = ${FROM_MS}; SET auto_explain.log_level = 'notice'; SET auto_explain.log_format = 'json';
      SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET auto_explain.log_nested_statements = on`);
  });
}

/** Rows that the steps of all plans went through while the work was done: those they passed on and those they left out. */
export async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const before = total;
  await work();
  return total - before;
}

interface Step {
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number | undefined;
  "Rows Removed by Join Filter"?: number | undefined;
  Plans?: Step[] | undefined;
}

const Step: z.ZodType<Step> = z.object({
  "Actual Rows": z.number(), "Actual Loops": z.number(), "Rows Removed by Filter": z.number().optional(), "Rows Removed by Join Filter": z.number().optional(),
  get Plans() {
    return z.array(Step).optional();
  },
});

function rowsOfPlan(notice: string): number {
  const plan = /^duration: .* plan:\n([^]*)$/.exec(notice)?.[1];
  return plan === undefined ? 0 : rowsOf(z.object({ Plan: Step }).parse(JSON.parse(plan)).Plan);
}

function rowsOf(step: Step): number {
  const each = step["Actual Rows"] + (step["Rows Removed by Filter"] ?? 0) + (step["Rows Removed by Join Filter"] ?? 0);
  return each * step["Actual Loops"] + (step.Plans ?? []).reduce((sum, inner) => sum + rowsOf(inner), 0);
}
