/** A worker process dies with a job in its hands; the next one takes the job over in seconds, not in hours. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { env } from "#app/lib/env.server.ts";
import { openLease, type Lease } from "#app/lib/lease.server.ts";

let pool: pg.Pool;
const leases: Lease[] = [];
beforeEach(async () => {
  pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 2 });
  await pool.query("DELETE FROM graphile_worker._private_jobs");
});
afterEach(async () => {
  for (const lease of leases.splice(0)) await lease.end();
  await pool.query("DELETE FROM graphile_worker._private_jobs");
  await pool.end();
});

async function openLeaseOf(workerId: string): Promise<Lease> {
  const lease = await openLease(env.DATABASE_URL);
  leases.push(lease);
  lease.events.emit("pool:create", { ctx: {}, workerPool: { id: workerId } } as never);
  await lease.freeTheDead(); // comes after the lease was taken: one connection does one thing after the other
  return lease;
}

/** A job in the hands of `workerId` since a minute ago. */
async function lockedJob(workerId: string): Promise<void> {
  await pool.query("SELECT graphile_worker.add_job('push_changes', '{}', queue_name := $1)", [`push:${randomUUID()}`]);
  await pool.query("UPDATE graphile_worker._private_jobs SET locked_by = $1, locked_at = now() - interval '1 minute'", [workerId]);
  await pool.query("UPDATE graphile_worker._private_job_queues SET locked_by = $1, locked_at = now() - interval '1 minute'", [workerId]);
}

const locked = async () => (await pool.query("SELECT 1 FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL")).rowCount;

it("frees the jobs and queues of a worker that is gone", async () => {
  await lockedJob("worker-that-was-killed");
  const lease = await openLeaseOf("worker-alive");
  expect(await locked()).toBe(0);
  expect(await lease.freeTheDead()).toBe(0);
  const { rowCount } = await pool.query("SELECT 1 FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL");
  expect(rowCount).toBe(0);
});

it("leaves the jobs of a living worker alone, its own and another's, until that one dies", async () => {
  const first = await openLeaseOf("worker-first");
  await lockedJob("worker-first");
  const second = await openLeaseOf("worker-second");
  expect(await first.freeTheDead()).toBe(0);
  expect(await second.freeTheDead()).toBe(0);
  expect(await locked()).toBe(1);

  await first.end();
  leases.splice(leases.indexOf(first), 1);
  expect(await second.freeTheDead()).toBe(1);
  expect(await locked()).toBe(0);
});
