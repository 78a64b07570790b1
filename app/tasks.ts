/** What the worker can do, by name. A job is a name and a payload in the database; here they meet their code. */
import { setTimeout as sleepFor } from "node:timers/promises";
import type { TaskList } from "graphile-worker";
import { z } from "zod";
import { returnOverdue } from "./domain/coupons/return-overdue.server";
import { pruneEvents } from "./inbox/erase.server";
import { InboxJob, workInboxEvent } from "./inbox/handle.server";
import { systemClock, type Clock } from "./lib/clock";
import { openAdmin } from "./shopify/admin.server";
import type { OpenAdmin } from "./shopify/operation";
import { openPace, type Pace } from "./sync/pace";
import { pushChanges } from "./sync/push.server";
import { wakeDueShops } from "./sync/wake.server";
import type { Sync } from "./sync/work";

/** Shops whose bucket a process remembers; the one that was used longest ago is forgotten. */
const PACES = 1000;

export interface TaskOptions {
  clock?: Clock;
  sleep?: (ms: number) => Promise<void>;
  openAdmin?: OpenAdmin;
}

/** Every task of the worker. The clock and the way to Shopify can be given; production uses the real ones. */
export function taskList(options: TaskOptions = {}): TaskList {
  const sync = openSync(options);

  return {
    push_changes: (payload, { abortSignal }) => pushChanges(sync, PushPayload.parse(payload).shopId, abortSignal),
    work_inbox: async (payload) => {
      await workInboxEvent(InboxJob.parse(payload), sync.clock());
    },
    sweep: async () => {
      await returnOverdue(sync.clock());
      await wakeDueShops(sync.clock());
    },
    prune_inbox: async () => void (await pruneEvents(sync.clock())),
  };
}

const PushPayload = z.object({ shopId: z.int() });

/** What a process that pushes holds: a clock, the way to Shopify, and a copy of each shop's cost bucket. */
export function openSync({ clock = systemClock, sleep = sleepFor, openAdmin: open = openAdmin }: TaskOptions = {}): Sync {
  const paces = new Map<number, Pace>();
  return {
    clock,
    sleep: async (ms) => void (await sleep(ms)),
    openAdmin: open,
    paceOf(shopId) {
      const pace = paces.get(shopId) ?? openPace(() => clock().getTime());
      paces.delete(shopId);
      paces.set(shopId, pace);
      const oldest = paces.size > PACES ? paces.keys().next().value : undefined;
      if (oldest !== undefined) paces.delete(oldest);
      return pace;
    },
  };
}
