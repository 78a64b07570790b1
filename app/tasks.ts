/** What the worker can do, by name. A job is a name and a payload in the database; here they meet their code. */
import { setTimeout as sleepFor } from "node:timers/promises";
import type { TaskList } from "graphile-worker";
import { z } from "zod";
import { pruneAnswers } from "./domain/answers/prune.server";
import { keepBucketsAhead } from "./domain/awards/keep-buckets-ahead.server";
import { pruneChanges } from "./domain/changes/prune.server";
import { keepRotating } from "./domain/codes/keep-rotating.server";
import { sizePools } from "./domain/codes/size-pools.server";
import { endLocks } from "./domain/coupons/end-locks.server";
import { expireCoupons } from "./domain/coupons/expire.server";
import { returnOverdue } from "./domain/coupons/return-overdue.server";
import { stepRevoke } from "./domain/coupons/revoke-step.server";
import { stepApply } from "./domain/imports/apply-step.server";
import { stepPreview } from "./domain/imports/preview-step.server";
import { pruneImports } from "./domain/imports/prune.server";
import { stepUndo } from "./domain/imports/undo-step.server";
import { moveLate } from "./domain/customers/move-late.server";
import type { JobSteps } from "./domain/jobs/job";
import { giveUpJob, stepJob } from "./domain/jobs/step.server";
import { deliverEvents } from "./domain/events/deliver.server";
import { dispatchEvents } from "./domain/events/dispatch.server";
import { openHands } from "./domain/events/hands";
import { pruneOldEvents } from "./domain/events/prune.server";
import { wakeDueDeliveries, wakeListening } from "./domain/events/wake.server";
import { sendAlerts, type AlertLink } from "./domain/messages/send-alerts.server";
import { watchStocks } from "./domain/messages/watch-stocks.server";
import { checkLedgers, stepLedgerCheck } from "./domain/points/check-ledgers.server";
import { lapsePoints } from "./domain/points/lapse.server";
import { maturePoints } from "./domain/points/mature.server";
import { giveBirthdays } from "./domain/points/give-birthdays.server";
import { keepCollections } from "./domain/points/keep-collections.server";
import { releaseOverdueHolds } from "./domain/points/release-overdue.server";
import { tellLapses } from "./domain/points/tell-lapses.server";
import { pruneExports } from "./domain/shops/prune-exports.server";
import { stepRedact } from "./domain/shops/redact.server";
import { pruneEvents } from "./inbox/erase.server";
import { InboxJob, workInboxEvent, workWaiting } from "./inbox/handle.server";
import { retryCompliance, wakeForgotten } from "./inbox/wake.server";
import { systemClock, type Clock } from "./lib/clock";
import { env } from "./lib/env.server";
import { log } from "./lib/log.server";
import { openPost } from "./lib/post.server";
import { sweepSteps } from "./lib/sweep.server";
import { awardId } from "./lib/ids";
import { openMailer, type Mailer } from "./lib/mailer.server";
import { openAdmin } from "./shopify/admin.server";
import { keepAccess } from "./shopify/keep-access.server";
import type { OpenAdmin } from "./shopify/operation";
import { openPace, type Pace } from "./sync/pace";
import { pushChanges } from "./sync/push.server";
import { reconcileShop, wakeReconciliations } from "./sync/reconcile/reconcile.server";
import { retryStumbled, wakeDueShops } from "./sync/wake.server";
import type { Sync } from "./sync/work";

/** Shops whose bucket a process remembers; the one that was used longest ago is forgotten. */
const PACES = 1000;

export interface TaskOptions {
  clock?: Clock;
  sleep?: (ms: number) => Promise<void>;
  openAdmin?: OpenAdmin;
  /** Null: no mail server is set up. */
  mailer?: Mailer | null;
}

/** Every task of the worker. The clock and the way to Shopify can be given; production uses the real ones. */
export function taskList(options: TaskOptions = {}): TaskList {
  const sync = openSync(options);
  const mailer = options.mailer === undefined ? openMailer() : options.mailer;
  const post = openPost({ allowPrivate: env.WEBHOOKS_TO_PRIVATE_ADDRESSES });
  const hands = openHands();

  return {
    push_changes: (payload, { abortSignal }) => pushChanges(sync, ShopPayload.parse(payload).shopId, abortSignal),
    work_inbox: async (payload, { abortSignal }) => {
      const { shopDomain, id } = InboxJob.parse(payload);
      if (id === undefined) await workWaiting(shopDomain, sync.clock, abortSignal);
      else await workInboxEvent(shopDomain, id, sync.clock());
    },
    reconcile: (payload, { abortSignal }) => reconcileShop(sync, ReconcilePayload.parse(payload), abortSignal),
    reconcile_due: () => sweepSteps([wakeReconciliations, wakeForgotten, retryCompliance], sync.clock),
    sweep: () => sweepSteps(MINUTELY, sync.clock),
    step_job: async (payload, { job }) => {
      const { shopId, jobId } = JobPayload.parse(payload);
      try {
        await stepJob(shopId, jobId, JOB_STEPS, sync.clock());
      } catch (error) {
        if (job.attempts < job.max_attempts) throw error;
        log.error({ shopId, job: String(jobId), err: error }, "a job was given up");
        await giveUpJob(shopId, jobId, "A fault on our side; it is in the log.", sync.clock());
      }
    },
    dispatch_events: async (payload) => void (await dispatchEvents(ShopPayload.parse(payload).shopId, sync.clock())),
    deliver_events: (payload, { abortSignal }) => deliverEvents(EndpointPayload.parse(payload), { now: sync.clock, post, hands, signal: abortSignal }),
    keep_stocks: () => sweepSteps([keepRotating, watchStocks], sync.clock),
    check_ledgers: async () => void (await checkLedgers(sync.clock())),
    check_ledger: async (payload) => void (await stepLedgerCheck(ShopPayload.parse(payload).shopId, sync.clock())),
    keep_access: async () => void (await keepAccess(sync.clock())),
    size_pools: async () => void (await sizePools(sync.clock())),
    send_alerts: async () => void (await sendAlerts(mailer, alertLink, sync.clock())),
    prune: () => sweepSteps([pruneEvents, pruneExports, pruneOldEvents, pruneImports, pruneAnswers, pruneChanges], sync.clock),
  };
}

/** What time brings. */
const MINUTELY = [
  expireCoupons, keepBucketsAhead, returnOverdue, endLocks, moveLate, releaseOverdueHolds, maturePoints, lapsePoints, tellLapses, giveBirthdays, keepCollections,
  retryStumbled, wakeDueShops, wakeListening, wakeDueDeliveries,
];

const ShopPayload = z.object({ shopId: z.int() });
const ReconcilePayload = z.object({ shopId: z.int(), demanded: z.boolean() });
const EndpointPayload = z.object({ shopId: z.int(), endpointId: z.string().transform(BigInt) });
const JobPayload = z.object({ shopId: z.int(), jobId: z.string().transform(BigInt) });

/** Where staff look: the app inside their shop's admin. */
const alertLink: AlertLink = (domain, awardNumber) => `https://${domain}/admin/apps/${env.SHOPIFY_API_KEY}/app/${awardNumber === null ? "webhooks" : `awards/${awardId(awardNumber)}`}`;

/** Long work, by the kind of its job. */
const JOB_STEPS: JobSteps = { revoke: stepRevoke, import_preview: stepPreview, import_apply: stepApply, import_undo: stepUndo, redact_shop: stepRedact };

/** What a process that pushes holds: a clock, the way to Shopify, and a copy of each shop's cost bucket. */
export function openSync({ clock = systemClock, sleep = sleepFor, openAdmin: open = openAdmin }: TaskOptions = {}): Sync {
  const paces = new Map<number, Pace>();
  // The machine's time of day is put right now and then: a second too many would count as points. A clock that was given goes as it is told.
  const elapsedMs = clock === systemClock ? () => performance.now() : () => clock().getTime();
  return {
    clock,
    sleep: async (ms) => void (await sleep(ms)),
    openAdmin: open,
    paceOf(shopId) {
      const pace = paces.get(shopId) ?? openPace(elapsedMs);
      paces.delete(shopId);
      paces.set(shopId, pace);
      const oldest = paces.size > PACES ? paces.keys().next().value : undefined;
      if (oldest !== undefined) paces.delete(oldest);
      return pace;
    },
  };
}
