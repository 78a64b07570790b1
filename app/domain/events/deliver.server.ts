/** An endpoint's deliveries are posted, a window at a time, and what came of each is written down. */
import type { WebhookEndpoint } from "../../generated/prisma/client";
import { inTransaction, prisma, type Tx } from "../../lib/db.server";
import { publicId } from "../../lib/ids";
import type { Post, Posted } from "../../lib/post.server";
import { HAD_HAND_MS, NO_HAND_MS, openHands, type Hand, type Hands } from "./hands";
import { answerSnippet, DELIVERY_HOURS, deliveryPauseMs, ENDPOINT_DAYS, endpointPauseMs, failsAnew } from "./pace";
import { signatureOf } from "./signature";
import { wakeDelivery } from "./wake.server";

/** So many deliveries are under way at once. */
const WINDOW = 8;
/** A run ends after so many windows or so long, whichever comes first, so that every endpoint has its turn. */
const WINDOWS_PER_RUN = 250;
const RUN_MS = 15_000;
const HOUR_MS = 3_600_000;

export interface Delivering {
  now: () => Date;
  post: Post;
  /** Shared by all runs of a process; alone, a run has its own. */
  hands?: Hands;
  /** Stops after what is under way. */
  signal?: AbortSignal | undefined;
}

/**
 * Posts what an endpoint has waiting. What concerns one coupon, or one customer's points, goes one after the other; a window
 * of which nothing arrives leaves the endpoint alone for a while, so that order is kept as far as possible. Delivered at least
 * once: an answer that is lost is a second attempt with the same ids. Wakes itself for what is left.
 */
export async function deliverEvents({ shopId, endpointId }: { shopId: number; endpointId: bigint }, { now, post, hands = openHands(), signal }: Delivering): Promise<void> {
  const hand = hands.take({ shopId, endpointId }, now());
  const wakeIn = (ms: number) => inTransaction((tx) => wakeDelivery(tx, shopId, endpointId, ms > 0 ? new Date(now().getTime() + ms) : undefined));
  if (!hand) return wakeIn(NO_HAND_MS);
  let [isMore, othersWait] = [false, false];
  try {
    isMore = await deliverWindows({ shopId, endpointId }, hand, { now, post, signal });
  } finally {
    ({ othersWait } = hand.letGo());
  }
  if (isMore) await wakeIn(othersWait ? HAD_HAND_MS : 0);
}

/** Posts window after window; whether the run ended before all that is due was posted. */
async function deliverWindows({ shopId, endpointId }: { shopId: number; endpointId: bigint }, hand: Hand, { now, post, signal }: Delivering): Promise<boolean> {
  const endsAt = now().getTime() + RUN_MS;
  const isOver = () => now().getTime() >= endsAt || signal?.aborted === true;
  for (let window = 0; window < WINDOWS_PER_RUN && !isOver(); window++) {
    const endpoint = await openEndpoint(shopId, endpointId, now());
    if (!endpoint) return false;
    const due = endpoint.retryAt && endpoint.retryAt > now() ? [] : await listDue(shopId, endpointId, now());
    if (due.length === 0) {
      await sleepUntilDue(endpoint, now());
      return false;
    }
    const { arrived, slowestMs } = await postWindow(endpoint, due, { now, post, isOver });
    await noteRound(endpoint, arrived > 0, now());
    if (!hand.mayGoOn(slowestMs, now())) return true;
  }
  return true;
}

/** The endpoint, unless its shop left, or it is not there or switched off, by staff or now because it took nothing for days. */
async function openEndpoint(shopId: number, endpointId: bigint, now: Date): Promise<WebhookEndpoint | null> {
  if ((await prisma.shop.count({ where: { id: shopId, uninstalledAt: null } })) === 0) return null;
  const endpoint = await prisma.webhookEndpoint.findFirst({ where: { shopId, id: endpointId, disabledAt: null } });
  if (!endpoint?.failingSince || failsAnew(endpoint.retryAt, now)) return endpoint;
  const failingMs = now.getTime() - endpoint.failingSince.getTime();
  if (failingMs < DELIVERY_HOURS * HOUR_MS) return endpoint;
  return inTransaction(async (tx) => {
    const isOver = failingMs >= ENDPOINT_DAYS * 24 * HOUR_MS;
    const problem = isOver ? `the endpoint took nothing for ${ENDPOINT_DAYS} days and was switched off` : "given up: the endpoint took nothing all the time";
    // Those whose turn never came while the endpoint was down.
    await tx.webhookDelivery.updateMany({ where: { shopId, endpointId, status: "pending", ...(!isOver && { giveUpAt: { lte: now } }) }, data: { status: "failed", problem, doneAt: now } });
    if (!isOver) return endpoint;
    const { count } = await tx.webhookEndpoint.updateMany({ where: { shopId, id: endpointId, disabledAt: null }, data: { disabledAt: now } });
    if (count === 1) await alertStaff(tx, endpoint, now);
    return null;
  });
}

async function alertStaff(tx: Tx, { shopId, id, url }: WebhookEndpoint, now: Date): Promise<void> {
  const data = JSON.stringify({ host: new URL(url).host, days: ENDPOINT_DAYS });
  await tx.$executeRaw`
    INSERT INTO "StaffAlert" ("shopId", "kind", "subject", "data", "nextAttemptAt", "createdAt")
    VALUES (${shopId}, 'webhooks_off', ${publicId("webhookEndpoint", id)}, ${data}::jsonb, ${now}, ${now})
    ON CONFLICT ("shopId", "kind", "subject") WHERE "closedAt" IS NULL DO NOTHING`;
}

/** Comes back when the endpoint may be tried again, or when its next delivery is due: always later, never at once. */
async function sleepUntilDue({ shopId, id, retryAt }: WebhookEndpoint, now: Date): Promise<void> {
  const isPaused = retryAt !== null && retryAt > now;
  const next = await prisma.webhookDelivery.findFirst({
    where: { shopId, endpointId: id, status: "pending", ...(!isPaused && { nextAttemptAt: { gt: now } }) },
    orderBy: { nextAttemptAt: "asc" }, select: { nextAttemptAt: true },
  });
  if (next) await inTransaction((tx) => wakeDelivery(tx, shopId, id, isPaused ? retryAt : next.nextAttemptAt));
}

interface Due {
  id: bigint;
  attempts: number;
  giveUpAt: Date;
  eventId: bigint;
  seq: number;
  kind: string;
  data: Record<string, unknown>;
  occurredAt: Date;
  domain: string;
}

function listDue(shopId: number, endpointId: bigint, now: Date): Promise<Due[]> {
  return prisma.$queryRaw<Due[]>`
    SELECT d."id", d."attempts", d."giveUpAt", d."eventId", e."seq", e."kind", e."data", e."occurredAt", s."domain"
    FROM "WebhookDelivery" d
    JOIN "Event" e ON e."shopId" = d."shopId" AND e."id" = d."eventId"
    JOIN "Shop" s ON s."id" = d."shopId"
    WHERE d."shopId" = ${shopId} AND d."endpointId" = ${endpointId} AND d."status" = 'pending' AND d."nextAttemptAt" <= ${now}::timestamptz
    ORDER BY d."id" LIMIT ${WINDOW}`;
}

/** Posts a window; answers how many arrived, and how long the slowest answer took. After one that did not, those of the same subject wait for it; once the run is over, for the next. */
async function postWindow(endpoint: WebhookEndpoint, due: Due[], { now, post, isOver }: Pick<Delivering, "now" | "post"> & { isOver: () => boolean }): Promise<{ arrived: number; slowestMs: number }> {
  const subjects = new Map<unknown, Due[]>();
  for (const delivery of due) {
    const subject = delivery.data["couponId"] ?? delivery.data["customerId"];
    subjects.set(subject, [...(subjects.get(subject) ?? []), delivery]);
  }
  let [arrived, slowestMs] = [0, 0];
  await Promise.all(
    [...subjects.values()].map(async (deliveries) => {
      for (const delivery of deliveries) {
        const begunAt = now().getTime();
        const posted = await postOne(endpoint, delivery, { now, post });
        slowestMs = Math.max(slowestMs, now().getTime() - begunAt);
        const isDelivered = posted.outcome === "answered" && posted.status >= 200 && posted.status < 300;
        await note(endpoint, delivery, { posted, isDelivered }, now());
        if (!isDelivered) return;
        arrived++;
        if (isOver()) return;
      }
    }),
  );
  return { arrived, slowestMs };
}

function postOne(endpoint: WebhookEndpoint, delivery: Due, { now, post }: Pick<Delivering, "now" | "post">): Promise<Posted> {
  const { seq, kind, data, occurredAt, domain } = delivery;
  const id = publicId("event", delivery.eventId);
  const body = JSON.stringify({ id, sequence: seq, kind, occurredAt, shop: domain, data });
  const at = now();
  const isRotating = endpoint.previousSecret && endpoint.previousSecretEndsAt && endpoint.previousSecretEndsAt > at;
  const secrets = isRotating && endpoint.previousSecret ? [endpoint.secret, endpoint.previousSecret] : [endpoint.secret];
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": "Scrip-Webhooks/1",
    "Scrip-Signature": signatureOf(body, secrets, at),
    "Scrip-Event": id,
    "Scrip-Delivery": publicId("webhookDelivery", delivery.id),
    "Scrip-Attempt": String(delivery.attempts + 1),
    "Scrip-Kind": kind,
  };
  return post(endpoint.url, headers, body);
}

async function note({ shopId }: WebhookEndpoint, { id, attempts, giveUpAt }: Due, { posted, isDelivered }: { posted: Posted; isDelivered: boolean }, now: Date): Promise<void> {
  const nextAttemptAt = new Date(now.getTime() + deliveryPauseMs(attempts + 1));
  const isOver = isDelivered || nextAttemptAt > giveUpAt;
  const isAnswered = posted.outcome === "answered";
  // A resend asked for meanwhile has counted anew, and stands.
  await prisma.webhookDelivery.updateMany({
    where: { shopId, id, status: "pending", attempts },
    data: {
      attempts: attempts + 1, attemptedAt: now, nextAttemptAt,
      status: isDelivered ? "delivered" : isOver ? "failed" : "pending",
      doneAt: isOver ? now : null,
      httpStatus: isAnswered ? posted.status : null,
      answer: isAnswered ? answerSnippet(posted.text) : null,
      problem: isAnswered ? null : posted.problem,
    },
  });
}

/** The endpoint is well when anything arrived; else it is left alone, longer each time. */
async function noteRound({ shopId, id, failures, failingSince, retryAt }: WebhookEndpoint, isWell: boolean, now: Date): Promise<void> {
  if (isWell && failures === 0) return;
  const before = failsAnew(retryAt, now) ? { failures: 0, failingSince: null } : { failures, failingSince };
  const data = isWell
    ? { failures: 0, failingSince: null, retryAt: null }
    : { failures: before.failures + 1, failingSince: before.failingSince ?? now, retryAt: new Date(now.getTime() + endpointPauseMs(before.failures + 1)) };
  await prisma.webhookEndpoint.updateMany({ where: { shopId, id }, data });
}
