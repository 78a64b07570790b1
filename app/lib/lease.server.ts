/**
 * Says which workers are alive. The queue keeps a crashed worker's jobs locked for four hours; a living worker holds an
 * advisory lock under its id for as long as its connection lasts, so what is locked without one belongs to the dead.
 */
import { EventEmitter } from "node:events";
import type { WorkerEvents } from "graphile-worker";
import pg from "pg";

/** First half of the two-part advisory lock; ours alone. */
const LEASE_CLASS = 5_350_002;
/** A worker may lock a job a moment before its lease is taken. */
const GRACE_SECONDS = 10;

export interface Lease {
  /** Given to the queue's runner, which tells here of the pool of workers it makes. */
  events: WorkerEvents;
  /** Gives the jobs of crashed workers free and returns how many workers those were. */
  freeTheDead(): Promise<number>;
  end(): Promise<void>;
}

/** Opens one connection that carries the leases of this process's workers; it is opened again if it breaks. */
export async function openLease(connectionString: string): Promise<Lease> {
  const events: WorkerEvents = new EventEmitter();
  const workerIds = new Set<string>();
  const covered = new Set<string>();
  let client: pg.Client | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const connected = async (): Promise<pg.Client> => {
    if (client) return client;
    const fresh = new pg.Client({ connectionString, application_name: "scrip lease" });
    fresh.on("error", () => (client = null));
    await fresh.connect();
    covered.clear();
    client = fresh;
    return fresh;
  };
  const coverAll = async (): Promise<pg.Client> => {
    const open = await connected();
    for (const workerId of workerIds) {
      if (covered.has(workerId)) continue;
      covered.add(workerId);
      await open.query("SELECT pg_advisory_lock_shared($1, hashtext($2))", [LEASE_CLASS, workerId]);
    }
    return open;
  };
  /** One after the other: a connection does one thing at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {
      client?.end().catch(() => {});
      client = null;
    });
    return done;
  };

  await inTurn(coverAll);
  // A runner locks jobs in its pool's name, whichever of its workers works them.
  events.on("pool:create", ({ workerPool }) => {
    workerIds.add(workerPool.id);
    // If this fails, the next beat connects again and covers every worker.
    inTurn(coverAll).catch(() => {});
  });

  return {
    events,
    freeTheDead: () =>
      inTurn(async () => {
        const open = await coverAll();
        const { rows } = await open.query<{ worker: string }>(DEAD_WORKERS, [LEASE_CLASS, GRACE_SECONDS]);
        const dead = rows.map(({ worker }) => worker).filter((worker) => !workerIds.has(worker));
        if (dead.length > 0) await open.query("SELECT graphile_worker.force_unlock_workers($1::text[])", [dead]);
        return dead.length;
      }),
    end: () => inTurn(async () => void (await client?.end())),
  };
}

const DEAD_WORKERS = `
  SELECT DISTINCT worker FROM (
    SELECT locked_by AS worker FROM graphile_worker._private_jobs WHERE locked_at < now() - $2 * interval '1 second'
    UNION ALL
    SELECT locked_by FROM graphile_worker._private_job_queues WHERE locked_at < now() - $2 * interval '1 second'
  ) AS locks
  WHERE worker IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = $1::int::oid AND objid = (hashtext(worker)::bigint & 4294967295)::oid AND objsubid = 2)
  LIMIT 100`;
