/** Long work in steps: what a step is given, what it answers, and what everybody may ask about a job. Pure. */
import { z } from "zod";
import type { JobStatus } from "../../generated/prisma/client";
import type { Tx } from "../../lib/db.server";

export interface Job {
  id: bigint;
  kind: string;
  /** What was asked for, as the step's own schema reads it. */
  request: unknown;
  /** Where this step begins; null: at the beginning. */
  cursor: string | null;
  createdAt: Date;
}

export interface Stepped {
  /** Units that this step brought to an end, those that failed included. */
  done: number;
  failed: number;
  /** How many ended in which outcome. */
  outcomes: Record<string, number>;
  /** Where the next step begins. */
  cursor: string;
  finished: boolean;
  /** Said by the step that learns it. */
  total?: number;
  /** What the job needs is being made: the next step is worked so much later. */
  waitMs?: number;
}

/**
 * Works one bounded part of a job in the given transaction. What it did and where the next step begins are committed
 * together, so that a crash between two steps does nothing twice.
 */
export type JobStep = (tx: Tx, shopId: number, job: Job, now: Date) => Promise<Stepped>;
/** Which step works a kind of job. */
export type JobSteps = Record<string, JobStep>;

/** How far a job has come. */
export interface JobProgress {
  id: bigint;
  kind: string;
  status: JobStatus;
  total: number | null;
  done: number;
  failed: number;
  outcomes: Record<string, number>;
  problem: string | null;
}

/** Counts by outcome, as a job stores them. */
export const Outcomes = z.record(z.string(), z.int());

/** Two counts added, outcome by outcome. */
export function addOutcomes(before: Record<string, number>, more: Record<string, number>): Record<string, number> {
  const sum = { ...before };
  for (const [outcome, count] of Object.entries(more)) if (count > 0) sum[outcome] = (sum[outcome] ?? 0) + count;
  return sum;
}
