/** An integrator hears of a shop's events: signed, numbered, again if need be, and nobody else's. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { webhookBody } from "#app/contract/events.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { resendCoupon } from "#app/domain/coupons/resend.server.ts";
import { addEndpoint } from "#app/domain/events/add-endpoint.server.ts";
import { deliverEvents } from "#app/domain/events/deliver.server.ts";
import { dispatchEvents } from "#app/domain/events/dispatch.server.ts";
import { pruneOldEvents } from "#app/domain/events/prune.server.ts";
import { recordEvent } from "#app/domain/events/record.server.ts";
import { removeEndpoint } from "#app/domain/events/remove-endpoint.server.ts";
import { resendDelivery, resendMissed } from "#app/domain/events/resend.server.ts";
import { rotateSecret } from "#app/domain/events/rotate-secret.server.ts";
import { wakeDelivery, wakeDueDeliveries } from "#app/domain/events/wake.server.ts";
import { switchEndpoint } from "#app/domain/events/switch-endpoint.server.ts";
import { sendAlerts } from "#app/domain/messages/send-alerts.server.ts";
import { redactShop } from "#app/domain/shops/redact.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { openMailer } from "#app/lib/mailer.server.ts";
import { openPost, type Post } from "#app/lib/post.server.ts";
import { newAward, newCustomer, newShop, NOON } from "#test/factories.ts";
import { openMailSink } from "#test/mail-sink.ts";
import { isGenuine, openReceiver, type Receiver } from "./receiver";

const HERE = { allowPrivate: true };
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const receivers: Receiver[] = [];

async function receiver(): Promise<Receiver> {
  const opened = await openReceiver();
  receivers.push(opened);
  return opened;
}

afterEach(async () => {
  for (const opened of receivers.splice(0)) await opened.close();
});

/** A shop whose clock only moves when told, with what the worker does for its events. */
async function openShop() {
  const shop = await newShop();
  let now = NOON;
  const post = openPost({ ...HERE, timeLimitMs: 300 });
  const listen = async (url: string, kinds: Parameters<typeof addEndpoint>[1]["kinds"] = []) => {
    const adding = await addEndpoint(shop.id, { url, kinds }, HERE, now);
    if (adding.outcome !== "added") throw new Error(adding.problem);
    return adding;
  };
  return {
    id: shop.id,
    domain: shop.domain,
    now: () => now,
    listen,
    async wait(ms: number) {
      now = new Date(now.getTime() + ms);
    },
    record: (coupon = 7, customer = 3) =>
      inTransaction((tx) => recordEvent(tx, shop.id, {
        kind: "coupon.expired", occurredAt: now,
        data: { couponId: `cpn_${coupon}`, code: "SPRING-7", awardId: "awd_1", issuanceId: `iss_${coupon}`, customerId: `cus_${customer}` },
      }, now)),
    dispatch: () => dispatchEvents(shop.id, now),
    deliver: (endpointId: bigint) => deliverEvents({ shopId: shop.id, endpointId }, { now: () => now, post }),
    deliveries: () => prisma.webhookDelivery.findMany({ where: { shopId: shop.id }, orderBy: { id: "asc" } }),
    endpoint: (id: bigint) => prisma.webhookEndpoint.findUniqueOrThrow({ where: { shopId_id: { shopId: shop.id, id } } }),
  };
}
type OpenShop = Awaited<ReturnType<typeof openShop>>;

const sequences = ({ heard }: Receiver) => heard.map(({ event }) => event.sequence);

describe("an endpoint", () => {
  let shop: OpenShop;
  let till: Receiver;
  beforeEach(async () => {
    shop = await openShop();
    till = await receiver();
  });

  it("hears of an event, signed with its secret, with everything that is promised", async () => {
    const { endpointId, secret } = await shop.listen(till.url);
    await shop.record();
    expect(await shop.dispatch()).toBe(1);
    await shop.deliver(endpointId);

    const [heard] = till.heard;
    const [delivery] = await shop.deliveries();
    expect(heard?.event).toEqual({
      id: `evt_${delivery?.eventId}`, sequence: 1, kind: "coupon.expired", occurredAt: NOON.toISOString(), shop: shop.domain,
      data: { couponId: "cpn_7", code: "SPRING-7", awardId: "awd_1", issuanceId: "iss_7", customerId: "cus_3" },
    });
    expect(webhookBody("coupon.expired").safeParse(heard?.event).error).toBeUndefined();
    expect(heard?.headers).toMatchObject({
      "content-type": "application/json", "scrip-event": `evt_${delivery?.eventId}`, "scrip-delivery": `whd_${delivery?.id}`, "scrip-attempt": "1", "scrip-kind": "coupon.expired",
    });
    if (!heard) throw new Error("nothing was heard");
    expect(isGenuine(heard, secret, NOON)).toBe(true);
    expect(isGenuine(heard, "whsec_another", NOON)).toBe(false);
    expect(isGenuine({ ...heard, body: heard.body.replace("cus_3", "cus_4") }, secret, NOON)).toBe(false);
    expect(isGenuine(heard, secret, new Date(NOON.getTime() + HOUR))).toBe(false);
    expect(delivery).toMatchObject({ status: "delivered", attempts: 1, httpStatus: 200, answer: "thank you", problem: null });
  });

  it("hears of what it asked for, from when it was added, and of no other shop", async () => {
    await shop.record(1);
    await shop.wait(SECOND);
    const { endpointId } = await shop.listen(till.url, ["coupon.expired"]);
    const { endpointId: other } = await shop.listen(`${till.url}/points`, ["points.changed"]);
    await shop.record(2);
    const elsewhere = await openShop();
    await elsewhere.record(3);
    expect([await shop.dispatch(), await elsewhere.dispatch()]).toEqual([2, 1]);
    await shop.deliver(endpointId);
    await shop.deliver(other);
    // Asked for another shop's endpoint, a job finds none.
    await elsewhere.deliver(endpointId);
    expect(till.heard.map(({ event }) => [event.sequence, event.data["couponId"]])).toEqual([[2, "cpn_2"]]);
    expect(await elsewhere.deliveries()).toEqual([]);
  });

  it("that sends the shop's messages is asked to tell a customer of their coupon again", async () => {
    const { endpointId } = await shop.listen(till.url, ["coupon.resent"]);
    const award = await newAward(shop.id);
    const customer = await newCustomer(shop.id);
    const issuing = await issueCoupon(shop.id, { customerId: customer.id, awardNumber: award.number, requestKey: "for-her", channel: "api", distributed: true }, NOON);
    if (issuing.outcome !== "issued") throw new Error(issuing.outcome);
    const resent = await resendCoupon(shop.id, { couponId: issuing.couponId, customerId: null, channel: "api", requestKey: "lost-mail" }, NOON);
    if (resent.outcome !== "resent") throw new Error(resent.outcome);
    expect(await shop.dispatch()).toBe(2);
    await shop.deliver(endpointId);

    const [heard] = till.heard;
    expect(till.heard).toHaveLength(1);
    expect(webhookBody("coupon.resent").safeParse(heard?.event).error).toBeUndefined();
    expect(heard?.event).toEqual({
      id: `evt_${resent.eventId}`, sequence: 2, kind: "coupon.resent", occurredAt: NOON.toISOString(), shop: shop.domain,
      data: {
        couponId: `cpn_${issuing.couponId}`, code: issuing.code, awardId: `awd_${award.number}`, issuanceId: `iss_${issuing.issuanceId}`, customerId: `cus_${customer.id}`,
        expiresAt: null, channel: "api", requestKey: "lost-mail",
      },
    });
  });

  it("changes its secret without missing anything", async () => {
    const { endpointId, secret } = await shop.listen(till.url);
    const rotating = await rotateSecret(shop.id, endpointId, shop.now());
    if (rotating.outcome !== "rotated") throw new Error(rotating.outcome);
    await shop.record();
    await shop.dispatch();
    await shop.deliver(endpointId);
    await shop.wait(25 * HOUR);
    await shop.record();
    await shop.dispatch();
    await shop.deliver(endpointId);
    const [during, later] = till.heard;
    if (!during || !later) throw new Error("not all was heard");
    expect([isGenuine(during, secret, NOON), isGenuine(during, rotating.secret, NOON)]).toEqual([true, true]);
    expect([isGenuine(later, secret, shop.now()), isGenuine(later, rotating.secret, shop.now())]).toEqual([false, true]);
  });

  it("is refused where it stands twice, or too many are there", async () => {
    await shop.listen(till.url);
    expect(await addEndpoint(shop.id, { url: till.url, kinds: [] }, HERE, NOON)).toMatchObject({ outcome: "refused", problem: expect.stringContaining("already") });
    const more = await Promise.all(Array.from({ length: 25 }, (_, index) => addEndpoint(shop.id, { url: `${till.url}/${index}`, kinds: [] }, HERE, NOON)));
    expect(more.filter(({ outcome }) => outcome === "added")).toHaveLength(19);
  });

  it("is refused, and never connected to, where it leads inside", async () => {
    expect(await addEndpoint(shop.id, { url: till.url, kinds: [] }, { allowPrivate: false }, NOON)).toMatchObject({ outcome: "refused" });
    // It was public when it was added: what counts is where it leads now.
    const { endpointId } = await shop.listen(till.url.replace("http:", "https:").replace("127.0.0.1", "localhost"));
    await shop.record();
    await shop.dispatch();
    await deliverEvents({ shopId: shop.id, endpointId }, { now: shop.now, post: openPost({ allowPrivate: false }) });
    expect(await shop.deliveries()).toMatchObject([{ status: "pending", attempts: 1, problem: "the address is not public" }]);
    expect(till.heard).toEqual([]);
  });

  it.each([
    ["switched off", (endpointId: bigint) => switchEndpoint(shop.id, endpointId, "off", shop.now()), ["failed"]],
    ["removed", (endpointId: bigint) => removeEndpoint(shop.id, endpointId), []],
  ] as const)("that is %s while an event is on its way to it is left nothing to wait for", async (_name, away, left) => {
    const { endpointId } = await shop.listen(till.url);
    await shop.record();
    // Whoever wakes the endpoint at the same moment holds the dispatch up, just before it is done.
    const [dispatching, going] = await inTransaction(async (tx) => {
      await wakeDelivery(tx, shop.id, endpointId);
      const waiting = async () => (await prisma.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND pg_backend_pid() <> pid AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`)[0]?.count;
      const dispatching = shop.dispatch();
      await expect.poll(waiting).toBe(1);
      const going = away(endpointId);
      await Promise.race([going, expect.poll(waiting).toBe(2)]);
      return [dispatching, going] as const;
    });
    await Promise.all([dispatching, going]);
    expect((await shop.deliveries()).map(({ status }) => status)).toEqual(left);
  });

  it("goes with its log", async () => {
    const { endpointId } = await shop.listen(till.url);
    await shop.record();
    await shop.dispatch();
    expect(await removeEndpoint((await newShop()).id, endpointId)).toEqual({ outcome: "unknown" });
    expect(await removeEndpoint(shop.id, endpointId)).toEqual({ outcome: "removed" });
    await shop.deliver(endpointId);
    expect([await shop.deliveries(), till.heard]).toEqual([[], []]);
  });
});

describe("a shop that leaves", () => {
  it("is told of nothing until it is back, and then of what waited", async () => {
    const shop = await openShop();
    const till = await receiver();
    const { endpointId } = await shop.listen(till.url);
    await shop.record();
    await shop.dispatch();
    await prisma.shop.update({ where: { id: shop.id }, data: { uninstalledAt: shop.now() } });
    await shop.deliver(endpointId);
    expect(till.heard).toEqual([]);
    // Nor does it ask again and again meanwhile.
    expect(await jobsFor(endpointId)).toBe(1);
    await prisma.$queryRaw`SELECT graphile_worker.remove_job(${`deliver:${shop.id}:${endpointId}`})::text`;
    await shop.deliver(endpointId);
    expect(await jobsFor(endpointId)).toBe(0);
    await prisma.shop.update({ where: { id: shop.id }, data: { uninstalledAt: null } });
    expect(await wakeDueDeliveries(shop.now())).toBeGreaterThanOrEqual(1);
    expect(await jobsFor(endpointId)).toBe(1);
    await shop.deliver(endpointId);
    expect(till.heard).toHaveLength(1);
  });

  it("for good leaves no endpoint behind", async () => {
    const shop = await openShop();
    await shop.listen("http://127.0.0.1:9/");
    await shop.record();
    await shop.dispatch();
    await prisma.shop.update({ where: { id: shop.id }, data: { uninstalledAt: shop.now() } });
    await inTransaction((tx) => redactShop(tx, shop.id, "w1", shop.now()));
    expect([await prisma.webhookEndpoint.count({ where: { shopId: shop.id } }), await shop.deliveries()]).toEqual([0, []]);
  });
});

async function jobsFor(endpointId: bigint): Promise<number> {
  const [row] = await prisma.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
    WHERE t.identifier = 'deliver_events' AND j.payload ->> 'endpointId' = ${String(endpointId)}`;
  return row?.count ?? 0;
}

describe("the sequence", () => {
  it("has no gap and no twin, whoever records and dispatches at the same time, and whatever fails in between", async () => {
    const shop = await openShop();
    const till = await receiver();
    const { endpointId } = await shop.listen(till.url);
    const recording = Array.from({ length: 60 }, async (_, index) => {
      const event = shop.record(index + 1);
      // Every third transaction fails after it has recorded.
      const broken = index % 3 === 0 ? inTransaction(async (tx) => {
        await tx.event.create({ data: { shopId: shop.id, kind: "coupon.expired", data: {}, occurredAt: NOON, recordedAt: NOON } });
        throw new Error("a crash");
      }).catch(() => {}) : null;
      await Promise.all([event, broken, ...(index % 5 === 0 ? [shop.dispatch()] : [])]);
    });
    await Promise.all(recording);
    await Promise.all([shop.dispatch(), shop.dispatch()]);

    const events = await prisma.event.findMany({ where: { shopId: shop.id }, orderBy: { seq: "asc" } });
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(await shop.deliveries()).toHaveLength(60);
    await shop.deliver(endpointId);
    expect(sequences(till).sort((a, b) => a - b)).toEqual(events.map(({ seq }) => seq));
  });

  it("goes on where it was after old events are deleted", async () => {
    const shop = await openShop();
    const till = await receiver();
    await shop.listen(till.url);
    await shop.record();
    await shop.dispatch();
    await shop.wait(31 * 24 * HOUR);
    expect(await pruneOldEvents(shop.now())).toBeGreaterThanOrEqual(1);
    expect(await shop.deliveries()).toEqual([]);
    await shop.record();
    await shop.dispatch();
    expect(await prisma.event.findMany({ where: { shopId: shop.id }, select: { seq: true } })).toEqual([{ seq: 2 }]);
  });

  it("deletes old events however many they are, and no newer one", async () => {
    const shop = await openShop();
    await prisma.$executeRaw`INSERT INTO "Event" ("shopId", "kind", "data", "occurredAt", "recordedAt")
      SELECT ${shop.id}, 'points.changed', '{}', ${shop.now()}, ${shop.now()} FROM generate_series(1, 10010)`;
    await shop.wait(31 * 24 * HOUR);
    await shop.record();
    expect(await pruneOldEvents(shop.now())).toBeGreaterThanOrEqual(10_010);
    expect(await prisma.event.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("keeps the order of one coupon's events", async () => {
    const shop = await openShop();
    const till = await receiver();
    const { endpointId } = await shop.listen(till.url);
    for (let index = 0; index < 24; index++) await shop.record((index % 2) + 1);
    await shop.dispatch();
    await shop.deliver(endpointId);
    for (const coupon of ["cpn_1", "cpn_2"]) {
      const heard = till.heard.filter(({ event }) => event.data["couponId"] === coupon).map(({ event }) => event.sequence);
      expect(heard).toEqual([...heard].sort((a, b) => a - b));
      expect(heard).toHaveLength(12);
    }
  });
});

describe("an endpoint that does not take a delivery", () => {
  let shop: OpenShop;
  let till: Receiver;
  let endpointId: bigint;
  beforeEach(async () => {
    shop = await openShop();
    till = await receiver();
    ({ endpointId } = await shop.listen(till.url));
  });

  it.each([
    ["says it has a fault", 500, { httpStatus: 500, answer: "Sorry, …@… is not known here", problem: null }],
    ["points elsewhere", "redirect", { httpStatus: 302, problem: null }],
    ["does not answer in time", "nothing", { httpStatus: null, problem: "no answer in time" }],
  ] as const)("because it %s is tried again later", async (_name, answer, noted) => {
    till.answer = () => answer;
    await shop.record();
    await shop.dispatch();
    await shop.deliver(endpointId);
    expect(till.heard).toHaveLength(1);
    expect(await shop.deliveries()).toMatchObject([{ status: "pending", attempts: 1, nextAttemptAt: new Date(NOON.getTime() + 30 * SECOND), ...noted }]);

    till.answer = () => 204;
    await shop.wait(29 * SECOND);
    await shop.deliver(endpointId);
    expect(till.heard).toHaveLength(1);
    await shop.wait(SECOND);
    await shop.deliver(endpointId);
    expect(till.heard.map(({ headers }) => headers["scrip-attempt"])).toEqual(["1", "2"]);
    expect(new Set(till.heard.map(({ event }) => event.id)).size).toBe(1);
    expect(await shop.deliveries()).toMatchObject([{ status: "delivered", attempts: 2, problem: null }]);
    expect(await shop.endpoint(endpointId)).toMatchObject({ failures: 0, failingSince: null, retryAt: null });
  });

  it("hears everything at once when staff do not want to wait for the next try", async () => {
    till.answer = () => 500;
    for (let index = 1; index <= 10; index++) await shop.record(index);
    await shop.dispatch();
    await shop.deliver(endpointId);
    till.answer = () => 200;
    till.heard.length = 0;
    await shop.deliver(endpointId);
    expect(till.heard).toEqual([]);
    expect(await resendMissed(shop.id, endpointId, shop.now())).toEqual({ outcome: "resent", count: 10 });
    await shop.deliver(endpointId);
    expect(sequences(till)).toHaveLength(10);
    expect(await shop.endpoint(endpointId)).toMatchObject({ failures: 0, failingSince: null });
  });

  it("keeps those behind it waiting in their order, but not other endpoints", async () => {
    const app = await receiver();
    const { endpointId: well } = await shop.listen(app.url);
    till.answer = () => 503;
    for (let index = 1; index <= 12; index++) await shop.record(index);
    await shop.dispatch();
    await shop.deliver(endpointId);
    await shop.deliver(well);
    // One window was tried; the rest waits.
    expect(till.heard).toHaveLength(8);
    expect(sequences(app)).toHaveLength(12);

    till.answer = () => 200;
    till.heard.length = 0;
    await shop.wait(30 * SECOND);
    await shop.deliver(endpointId);
    expect(sequences(till).slice(0, 8).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sequences(till)).toHaveLength(12);
  });

  it.each([
    ["its turn is over", () => false],
    ["the worker is told to stop", (heard: number) => heard === 2],
  ] as const)("quickly does not hold others up: what concerns one coupon goes on later once %s", async (_name, stops) => {
    for (let index = 0; index < 8; index++) await shop.record();
    await shop.dispatch();
    const stopping = new AbortController();
    const heard: string[] = [];
    const post: Post = async (_url, headers) => {
      heard.push(headers["Scrip-Event"] ?? "");
      if (stops(heard.length)) stopping.abort();
      await shop.wait(9 * SECOND);
      return { outcome: "answered", status: 200, text: "" };
    };
    const turn = (signal?: AbortSignal) => deliverEvents({ shopId: shop.id, endpointId }, { now: shop.now, post, signal });
    await turn(stopping.signal);
    expect(heard).toHaveLength(2);
    expect(await prisma.$queryRaw`SELECT 1 AS waiting FROM graphile_worker.jobs WHERE key = ${`deliver:${shop.id}:${endpointId}`}`).toHaveLength(1);
    for (let turns = 0; turns < 3; turns++) await turn();
    expect(heard).toHaveLength(8);
    expect(new Set(heard).size).toBe(8);
    expect([...heard].sort((one, other) => Number(one.slice(4)) - Number(other.slice(4)))).toEqual(heard);
  });

  it("for one event that it can never take does not miss the others", async () => {
    till.answer = ({ event }) => (event.sequence === 1 ? 422 : 200);
    for (let index = 1; index <= 3; index++) await shop.record(index);
    await shop.dispatch();
    await shop.deliver(endpointId);
    expect((await shop.deliveries()).map(({ status }) => status)).toEqual(["pending", "delivered", "delivered"]);
    // Later ones of the same coupon wait for their turn, not for ever.
    await shop.wait(HOUR);
    await shop.record(4);
    await shop.dispatch();
    await shop.deliver(endpointId);
    expect((await shop.deliveries()).map(({ status }) => status)).toEqual(["pending", "delivered", "delivered", "delivered"]);
  });

  it("is given up after two days, can have it sent again, and hears the same event", async () => {
    till.answer = () => 500;
    await shop.record();
    await shop.dispatch();
    for (let attempt = 0; attempt < 25; attempt++) {
      await shop.deliver(endpointId);
      await shop.wait(4 * HOUR);
    }
    const [given] = await shop.deliveries();
    expect(given).toMatchObject({ status: "failed", httpStatus: 500 });
    expect(given?.attempts).toBeGreaterThanOrEqual(11);
    expect(given?.attempts).toBeLessThanOrEqual(13);

    till.answer = () => 200;
    await switchEndpoint(shop.id, endpointId, "on", shop.now());
    till.heard.length = 0;
    expect(await resendMissed(shop.id, endpointId, shop.now())).toEqual({ outcome: "resent", count: 1 });
    await shop.deliver(endpointId);
    expect(till.heard).toMatchObject([{ event: { sequence: 1, id: `evt_${given?.eventId}` }, headers: { "scrip-attempt": "1" } }]);
    expect(await resendDelivery(shop.id, given?.id ?? 0n, shop.now())).toEqual({ outcome: "resent", count: 1 });
    await shop.deliver(endpointId);
    expect(till.heard).toHaveLength(2);
    expect(await resendDelivery((await newShop()).id, given?.id ?? 0n, shop.now())).toEqual({ outcome: "unknown" });
  });

  it("for three days is switched off, staff are mailed once, and what waited can be sent again", async () => {
    await prisma.shop.update({ where: { id: shop.id }, data: { alertEmail: "staff@example.com" } });
    till.answer = () => 500;
    for (let index = 1; index <= 20; index++) await shop.record(index);
    await shop.dispatch();
    for (let hours = 0; hours < 80; hours += 4) {
      await shop.record();
      await shop.dispatch();
      await shop.deliver(endpointId);
      await shop.wait(4 * HOUR);
    }
    expect((await shop.endpoint(endpointId)).disabledAt).not.toBeNull();
    const missed = (await shop.deliveries()).length;
    expect(missed).toBe(20 + 19);
    expect(await prisma.staffAlert.findMany({ where: { shopId: shop.id } })).toMatchObject([{ kind: "webhooks_off", subject: `whe_${endpointId}`, data: { days: 3 } }]);
    const sink = await openMailSink();
    const mailer = openMailer(sink.url, "Scrip <scrip@example.com>");
    const linkTo = (domain: string, awardNumber: number | null) => `https://${domain}/${awardNumber ?? "webhooks"}`;
    expect([await sendAlerts(mailer, linkTo, shop.now()), await sendAlerts(mailer, linkTo, shop.now())]).toEqual([1, 0]);
    expect(sink.mails[0]?.raw).toMatch(/Webhooks switched off: 127\.0\.0\.1[\s\S]*\/webhooks/);
    await sink.close();
    expect(new Set((await shop.deliveries()).map(({ status }) => status))).toEqual(new Set(["failed"]));
    expect(await resendMissed(shop.id, endpointId, shop.now())).toEqual({ outcome: "endpoint_off" });

    till.answer = () => 200;
    till.heard.length = 0;
    expect(await switchEndpoint(shop.id, endpointId, "on", shop.now())).toEqual({ outcome: "switched" });
    expect(await resendMissed(shop.id, endpointId, shop.now())).toEqual({ outcome: "resent", count: missed });
    await shop.deliver(endpointId);
    expect(sequences(till).sort((a, b) => a - b)).toEqual(Array.from({ length: missed }, (_, index) => index + 1));
  });

  it.each([
    ["nothing happened that it could have taken", async () => void (await shop.record())],
    ["staff, who have put it right, send what it missed", async () => void (await resendMissed(shop.id, endpointId, shop.now()))],
  ])("is tried before it is switched off, where since it was given up %s", async (_name, happens) => {
    till.answer = () => 500;
    await shop.record();
    await shop.dispatch();
    for (let hours = 0; hours < 56; hours += 4) {
      await shop.deliver(endpointId);
      await shop.wait(4 * HOUR);
    }
    expect(await shop.deliveries()).toMatchObject([{ status: "failed" }]);

    till.answer = () => 200;
    till.heard.length = 0;
    await shop.wait(48 * HOUR);
    await happens();
    await shop.dispatch();
    await shop.deliver(endpointId);
    expect(till.heard).toHaveLength(1);
    expect(await shop.endpoint(endpointId)).toMatchObject({ disabledAt: null, failures: 0, failingSince: null });
  });

  it("because staff switched it off hears of nothing that happens meanwhile", async () => {
    await shop.record(1);
    await shop.dispatch();
    expect(await switchEndpoint(shop.id, endpointId, "off", shop.now())).toEqual({ outcome: "switched" });
    await shop.record(2);
    await shop.wait(SECOND);
    await switchEndpoint(shop.id, endpointId, "on", shop.now());
    await shop.record(3);
    await shop.dispatch();
    await shop.deliver(endpointId);
    expect(till.heard.map(({ event }) => event.data["couponId"])).toEqual(["cpn_3"]);
  });

  it("while the worker dies in the middle hears everything at least once", async () => {
    for (let index = 1; index <= 20; index++) await shop.record(index);
    await shop.dispatch();
    // A run that is cut off after its posts were sent and before anything was written down.
    const crash = async () => {
      throw new Error("the worker died");
    };
    await expect(deliverEvents({ shopId: shop.id, endpointId }, { now: shop.now, post: async (...sent) => (await openPost(HERE)(...sent), crash()) })).rejects.toThrow("died");
    await shop.deliver(endpointId);
    expect(new Set(sequences(till))).toEqual(new Set(Array.from({ length: 20 }, (_, index) => index + 1)));
    expect((await shop.deliveries()).every(({ status }) => status === "delivered")).toBe(true);
  });
});

it("a press twice at once adds one endpoint", async () => {
  const shop = await newShop();
  const url = `http://127.0.0.1:9/${randomUUID()}`;
  const answers = await Promise.all([1, 2].map(() => addEndpoint(shop.id, { url, kinds: [] }, HERE, NOON)));
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(["added", "refused"]);
});
