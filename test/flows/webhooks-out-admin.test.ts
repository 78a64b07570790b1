/** A merchant sets up where events go, and looks after what did not arrive; the worker does the rest. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliverEvents } from "#app/domain/events/deliver.server.ts";
import { dispatchEvents } from "#app/domain/events/dispatch.server.ts";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { parseId, publicId } from "#app/lib/ids.ts";
import { openPost } from "#app/lib/post.server.ts";
import * as webhook from "#app/routes/admin/webhook.tsx";
import * as webhooks from "#app/routes/admin/webhooks.tsx";
import { newCustomer } from "../factories.ts";
import { request, resultOf } from "../merchant.ts";
import { openWorld, type World } from "../world.ts";
import { isGenuine, openReceiver, type Receiver } from "./receiver";

let world: World;
let till: Receiver;
beforeAll(async () => {
  world = await openWorld();
  till = await openReceiver();
});
afterAll(async () => {
  await world.close();
  await till.close();
});

const formOf = (fields: [string, string][]) => {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
};
const add = (...fields: [string, string][]) => resultOf(webhooks.action({ request: request(world, "/app/webhooks", { form: formOf(fields) }), params: {}, context: {} }));
const at = (endpointId: string, form?: [string, string][]) => {
  const asked = { request: request(world, `/app/webhooks/${endpointId}`, form ? { form: formOf(form) } : {}), params: { endpointId }, context: {} };
  return resultOf(form ? webhook.action(asked) : webhook.loader(asked));
};
const newestEndpoint = async () => {
  const { id } = await prisma.webhookEndpoint.findFirstOrThrow({ where: { shopId: world.shopId }, orderBy: { id: "desc" } });
  return publicId("webhookEndpoint", id);
};

describe("a merchant", () => {
  it("adds an endpoint, sees its secret once, and it hears of what the app does from then on", async () => {
    const customer = await newCustomer(world.shopId);
    const adding = await add(["url", till.url], ["kinds", "points.changed"]);
    expect(adding).toMatchObject({ status: 200, body: { problems: {} } });
    const { secret } = adding.body as { secret: string };
    const id = await newestEndpoint();
    expect(JSON.stringify((await at(id)).body, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value))).not.toContain(secret);

    await adjustPoints(world.shopId, customer.id, { points: 50, reason: "Welcome", requestKey: "welcome-1" }, world.now());
    await world.sweep();
    await world.settle();
    expect(till.heard.map(({ event }) => [event.kind, event.data["points"], event.shop])).toEqual([["points.changed", 50, world.shop.domain]]);
    expect(till.heard.every((heard) => isGenuine(heard, secret, world.now()))).toBe(true);
    expect((await at(id)).body).toMatchObject({ deliveries: { rows: [{ kind: "points.changed", status: "delivered", seq: 1 }] } });
  });

  it.each([
    [[["url", "no address"]], /full address/],
    [[["url", `https://example.com/${"x".repeat(500)}`]], /500/],
    [[["url", "https://example.com/"], ["kinds", "coupon.eaten"]], /Invalid option/],
    [[["url", "https://example.com/"], ["which", "some"]], /at least one/],
  ] as [[string, string][], RegExp][])("is told what is wrong with %j", async (fields, problem) => {
    const answer = await add(...fields);
    expect(answer.status).toBe(422);
    expect(Object.values((answer.body as { problems: Record<string, string> }).problems).join()).toMatch(problem);
  });

  it("sees what was given up, sends it again, and the endpoint takes it", async () => {
    await add(["url", `${till.url}/later`]);
    const id = await newestEndpoint();
    till.answer = () => 500;
    till.heard.length = 0;
    const customer = await newCustomer(world.shopId);
    await adjustPoints(world.shopId, customer.id, { points: 5, reason: "Hello", requestKey: "hello-1" }, world.now());
    const post = openPost({ allowPrivate: true });
    const endpointId = parseId("webhookEndpoint", id) ?? 0n;
    await dispatchEvents(world.shopId, world.now());
    // Tried for the last time two days later; the world's own clock stays, or the merchant's session would end.
    await deliverEvents({ shopId: world.shopId, endpointId }, { now: () => new Date(world.now().getTime() + 48 * 3_600_000), post });
    const failed = await at(id);
    expect(failed.body).toMatchObject({ deliveries: { rows: [{ status: "failed", httpStatus: 500 }] } });

    till.answer = () => 200;
    expect((await at(id, [["intent", "resend_missed"]])).body).toEqual({ said: "Sending again", secret: null });
    await world.settle();
    expect((await at(id)).body).toMatchObject({ endpoint: { failingSince: null }, deliveries: { rows: [{ status: "delivered" }] } });

    const [row] = ((await at(id)).body as { deliveries: { rows: { id: bigint }[] } }).deliveries.rows;
    till.heard.length = 0;
    expect((await at(id, [["intent", "resend"], ["id", publicId("webhookDelivery", row?.id ?? 0n)]])).body).toMatchObject({ said: "Sending again" });
    await world.settle();
    expect(till.heard).toHaveLength(1);
  });

  it("reads one time of the next try: that of the endpoint while it rests", async () => {
    await add(["url", `${till.url}/resting`]);
    const id = await newestEndpoint();
    const endpointId = parseId("webhookEndpoint", id) ?? 0n;
    till.answer = () => 500;
    const customer = await newCustomer(world.shopId);
    await adjustPoints(world.shopId, customer.id, { points: 5, reason: "Hello", requestKey: "hello-2" }, world.now());
    await dispatchEvents(world.shopId, world.now());
    await deliverEvents({ shopId: world.shopId, endpointId }, { now: world.now, post: openPost({ allowPrivate: true }) });
    const resting = new Date(world.now().getTime() + 3_600_000);
    await prisma.webhookEndpoint.updateMany({ where: { shopId: world.shopId, id: endpointId }, data: { retryAt: resting } });
    expect((await at(id)).body).toMatchObject({ endpoint: { retryAt: resting }, deliveries: { rows: [{ status: "pending", attempts: 1, nextTryAt: resting }] } });
    till.answer = () => 200;
  });

  it("switches an endpoint off and on, replaces its secret, and removes it", async () => {
    const id = await newestEndpoint();
    expect((await at(id, [["intent", "switch_off"]])).body).toMatchObject({ said: "Switched off" });
    expect((await at(id)).body).toMatchObject({ endpoint: { disabledAt: expect.any(Date) } });
    expect((await at(id, [["intent", "resend_missed"]])).body).toMatchObject({ said: "Switch the endpoint on first" });
    expect((await at(id, [["intent", "switch_on"]])).body).toMatchObject({ said: "Switched on" });
    expect((await at(id, [["intent", "rotate"]])).body).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
    expect((await at(id, [["intent", "eat"]])).status).toBe(400);
    expect((await at(id, [["intent", "remove"]])).status).toBe(302);
    expect((await at(id)).status).toBe(404);
  });

  it("of another shop finds nothing here", async () => {
    await add(["url", `${till.url}/mine`]);
    const id = await newestEndpoint();
    const domain = `other-${Date.now()}.myshopify.com`;
    await world.install(domain);
    const shop = world.store.shop(domain);
    const asked = (form?: FormData) => ({ request: request(world, `/app/webhooks/${id}`, { shop, ...(form && { form }) }), params: { endpointId: id }, context: {} });
    expect((await resultOf(webhook.loader(asked()))).status).toBe(404);
    expect((await resultOf(webhook.action(asked(formOf([["intent", "rotate"]]))))).status).toBe(404);
    await resultOf(webhook.action(asked(formOf([["intent", "remove"]]))));
    expect((await at(id)).status).toBe(200);
  });
});
