/** Stories of a merchant who looks after what the app and Shopify tell each other. */
import type { LoaderFunctionArgs } from "@remix-run/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkLedgers, stepLedgerCheck } from "#app/domain/points/check-ledgers.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { publicId, type IdKind } from "#app/lib/ids.ts";
import * as activity from "#app/routes/admin/activity.tsx";
import { troublesIn, underWayIn } from "#app/routes/admin/health-words.ts";
import * as home from "#app/routes/admin/home.tsx";
import * as privacyExport from "#app/routes/admin/privacy-export.ts";
import { givePoints, newCustomer, newShop } from "../factories.ts";
import { request, resultOf } from "../merchant.ts";
import { openWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

const open = async (loader: (args: LoaderFunctionArgs) => unknown, path: string, params: Record<string, string> = {}) =>
  (await resultOf(loader({ request: request(world, path), params, context: {} }))).body as Record<string, never>;
const healthAtHome = async () => ((await open(home.loader, "/app")) as unknown as Awaited<ReturnType<typeof home.loader>>).health;
const show = (view: string) => open(activity.loader, `/app/activity?view=${view}`);
const press = async (intent: string, kind?: IdKind, id?: bigint) => {
  const form = new FormData();
  form.set("intent", intent);
  if (kind && id !== undefined) form.set("id", publicId(kind, id));
  return resultOf(activity.action({ request: request(world, "/app/activity", { form }), params: {}, context: {} }));
};
const failedChange = (subject: string) => ({ shopId: world.shopId, kind: "refill_pool", subject, status: "failed" as const, attempts: 9, problem: "Shopify said no", nextAttemptAt: world.now() });
const webhook = (id: string, status: "failed" | "done" | "received", body = "{}") => ({
  shopDomain: world.shop.domain, webhookId: id, topic: "orders/create", apiVersion: "2026-07", body: Buffer.from(body), status, attempts: 8, problem: status === "failed" ? "it could not be read" : null,
});

describe("a merchant with nothing to do", () => {
  it("reads so at home, and every tab is empty", async () => {
    const health = await healthAtHome();
    expect([troublesIn(health), underWayIn(health)]).toEqual([[], null]);
    for (const view of ["failed", "pending", "events", "failed-events", "differences", "settled", "privacy"]) expect(await show(view)).toMatchObject({ shown: { view, rows: [], next: null } });
    expect(await show("checks")).toMatchObject({ shown: { look: { underWay: false, last: [] }, ledgerChecks: [] } });
  });
});

describe("a merchant with failed things", () => {
  it("reads at home what is wrong, worst first, in the numbers that the tabs show", async () => {
    const { shopId } = world;
    await prisma.change.createMany({ data: [failedChange("1"), failedChange("2"), { ...failedChange("3"), status: "pending" }] });
    await prisma.inboxEvent.createMany({ data: [webhook("a", "failed"), webhook("b", "received")] });
    await prisma.drift.create({ data: { shopId, kind: "used_not_recorded", subject: "cpn_1", status: "queued", reason: "", foundAt: world.now(), seenAt: world.now() } });
    const health = await healthAtHome();
    expect(troublesIn(health).map(({ text, view }) => [text, view])).toEqual([
      ["2 changes not taken by Shopify", "failed"], ["1 webhook of Shopify failed", "failed-events"], ["1 difference between Shopify and Scrip", "differences"],
    ]);
    expect(underWayIn(health)).toBe("1 change on the way to Shopify, 1 webhook waiting.");
    expect((await show("failed")).health).toEqual(health);
  });

  it("has all changes tried again at once, and those of another shop stay", async () => {
    const other = await newShop();
    await prisma.change.createMany({ data: [failedChange("1"), failedChange("2"), { ...failedChange("1"), shopId: other.id }] });
    expect((await press("retry-all")).body).toEqual({ said: "Trying 2 changes again" });
    expect(await prisma.change.count({ where: { shopId: world.shopId, status: "pending" } })).toBe(2);
    expect((await press("retry-all")).body).toEqual({ said: "Trying 0 changes again" });
    expect(await prisma.change.count({ where: { shopId: other.id, status: "failed" } })).toBe(1);
  });

  it("replays one webhook, whether it failed or was worked, and all that failed; one whose content is gone stays", async () => {
    await prisma.inboxEvent.createMany({ data: [webhook("a", "failed"), webhook("b", "failed"), webhook("c", "done"), webhook("d", "failed", "")] });
    const rows = (await show("events")).shown as unknown as { rows: { id: bigint; status: string; replayable: boolean }[] };
    expect(rows.rows.map(({ status, replayable }) => [status, replayable])).toEqual([["failed", false], ["done", true], ["failed", true], ["failed", true]]);
    expect((await press("replay", "inboxEvent", rows.rows[1]?.id)).body).toEqual({ said: "Trying again" });
    expect((await press("replay", "inboxEvent", rows.rows[1]?.id)).body).toEqual({ said: "It is not waiting for this any more" });
    expect((await press("replay-all")).body).toEqual({ said: "Trying 2 webhooks again" });
    expect((await show("failed-events")).shown).toMatchObject({ rows: [{ replayable: false }] });
  });

  it("is refused what names nothing, or another shop's", async () => {
    expect(await press("retry", "inboxEvent", 1n)).toMatchObject({ status: 400 });
    expect(await press("explode")).toMatchObject({ status: 400 });
    const other = await newShop();
    const theirs = await prisma.change.create({ data: { ...failedChange("1"), shopId: other.id } });
    expect((await press("retry", "change", theirs.id)).body).toEqual({ said: "It is not waiting for this any more" });
  });
});

describe("a merchant with a difference", () => {
  it("settles it as the app offers, and finds it among the settled", async () => {
    const { shopId } = world;
    const drift = await prisma.drift.create({ data: { shopId, kind: "used_not_recorded", subject: "cpn_1", status: "queued", reason: "", details: { ourUses: 1, theirUses: 2 }, foundAt: world.now(), seenAt: world.now() } });
    expect((await show("differences")).shown).toMatchObject({ rows: [{ title: "A code was used more often than we know", actions: ["leave"] }] });
    expect((await press("restore", "drift", drift.id)).body).toEqual({ said: "It is not waiting for this any more" });
    expect((await press("leave", "drift", drift.id)).body).toEqual({ said: "Settled" });
    expect((await show("differences")).shown).toMatchObject({ rows: [] });
    expect((await show("settled")).shown).toMatchObject({ rows: [{ status: "closed", actions: [] }] });
  });

  it("has everything looked at now, and reads when and what was found", async () => {
    await world.advance(60_000);
    expect((await press("look")).body).toMatchObject({ said: expect.stringContaining("Looking") });
    for (const view of ["differences", "settled", "checks"]) expect((await show(view)).shown).toMatchObject({ look: { underWay: true } });
    await world.settle();
    expect((await show("checks")).shown).toMatchObject({ look: { underWay: false, last: [{ kind: "orders", status: "done" }, { kind: "codes", status: "done" }] } });
  });
});

describe("a merchant whose ledger was changed behind the app's back", () => {
  it("reads it at home and whose it is", async () => {
    const { shopId } = world;
    const customer = await newCustomer(shopId);
    await givePoints(shopId, customer.id, 10);
    await prisma.$executeRaw`UPDATE "PointsAccount" SET "balance" = 11 WHERE "shopId" = ${shopId}`;
    await checkLedgers(world.now());
    await stepLedgerCheck(shopId, world.now());
    expect((await show("checks")).shown).toMatchObject({ ledgerChecks: [{ brokenCount: 1, brokenCustomerId: customer.id }] });
    expect(troublesIn(await healthAtHome())).toEqual([expect.objectContaining({ text: "1 points ledger not as written", view: "checks" })]);
  });
});

describe("a merchant whose customer asked for their data", () => {
  it("downloads it; another shop's staff and a mistyped address get nothing", async () => {
    const { shopId } = world;
    const now = world.now();
    const mine = await prisma.complianceRequest.create({ data: { shopId, topic: "customers/data_request", customerGid: "gid://shopify/Customer/7", webhookId: "w-1", export: { customer: { firstName: "Amira" } }, handledAt: now } });
    const theirs = await prisma.complianceRequest.create({ data: { shopId: (await newShop()).id, topic: "customers/data_request", webhookId: "w-2", export: { customer: { firstName: "Ben" } }, handledAt: now } });
    expect(await show("privacy")).toMatchObject({ health: { privacyRequests: 1 }, shown: { rows: [{ id: mine.id, exported: true }] } });
    const download = (requestId: string) => privacyExport.loader({ request: request(world, "/app/privacy/x/export.json"), params: { requestId }, context: {} });
    const answer = await download(publicId("complianceRequest", mine.id));
    expect(answer.headers.get("content-disposition")).toContain("attachment");
    expect(await answer.json()).toEqual({ customer: { firstName: "Amira" } });
    for (const requestId of [publicId("complianceRequest", theirs.id), "prv_x", "cus_1"]) expect(await resultOf(download(requestId))).toMatchObject({ status: 404 });
  });
});
