/** The worker's tasks, watched: every line they log names the job, and each is counted and timed. */
import type { TaskList } from "graphile-worker";
import { z } from "zod";
import { becauseOf } from "./context.server";
import { log } from "./log.server";
import { jobs, jobSeconds } from "./metrics.server";

const About = z.object({ shopId: z.int().optional(), shopDomain: z.string().optional() }).catch({});

/** The same tasks; what they throw is thrown on, so that the queue tries them again. */
export function observeTasks(tasks: TaskList): TaskList {
  return Object.fromEntries(Object.entries(tasks).flatMap(([task, work]) => (work ? [[task, observed(task, work)]] : [])));
}

type Task = NonNullable<TaskList[string]>;

function observed(task: string, work: Task): Task {
  return (payload, helpers) => {
    const { job } = helpers;
    const { shopId, shopDomain } = About.parse(payload);
    return becauseOf({ job: job.id, task, shop: shopId ?? shopDomain }, async () => {
      const startedAt = performance.now();
      try {
        const result = await work(payload, helpers);
        end(task, "done", startedAt);
        return result;
      } catch (error) {
        const last = job.attempts >= job.max_attempts;
        end(task, last ? "failed" : "error", startedAt);
        log[last ? "error" : "warn"]({ err: error, attempt: job.attempts, attempts: job.max_attempts }, last ? "a job was given up" : "a job failed and is tried again");
        throw error;
      }
    });
  };
}

function end(task: string, outcome: "done" | "error" | "failed", startedAt: number): void {
  jobs.inc({ task, outcome });
  const seconds = (performance.now() - startedAt) / 1000;
  jobSeconds.observe({ task }, seconds);
  log.debug({ outcome, ms: Math.round(seconds * 1000) }, "job");
}
