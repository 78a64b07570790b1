/** The app's access to a shop ends every hour and is renewed: once, by whichever process is first, and never lost. */
import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { uninstallShop } from "#app/domain/shops/uninstall.server.ts";
import { inTransaction, prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { keepAccess } from "#app/shopify/keep-access.server.ts";
import { jobProgress } from "#app/shopify/operations/redeem-codes.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { expectCodesAgree } from "#test/codes-agree.ts";
import { redirectToStore } from "#test/store/redirect.mjs";
import { exchangeToken, openWorld, type World } from "#test/world.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let world: World;
const children: ChildProcess[] = [];
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const child of children.splice(0)) {
    child.disconnect();
    await new Promise((resolve) => child.once("exit", resolve));
  }
  await world.close();
});

/** A process of its own; `call()` resolves with how its calls went. */
async function openCaller(domains: string[]): Promise<{ call(): Promise<unknown> }> {
  const child = fork(path.join(import.meta.dirname, "caller-child.ts"), domains, {
    execArgv: ["--import", "tsx", "--import", "./test/store/redirect.mjs"],
    env: { ...process.env, LOCAL_STORE_PORT: String(world.store.port) },
  });
  children.push(child);
  const told = () => new Promise<unknown>((resolve, reject) => child.once("message", resolve).once("exit", (code) => reject(new Error(`the process ended with ${code}`))));
  await told();
  return {
    call() {
      const answer = told();
      child.send("call");
      return answer;
    },
  };
}

const aCall = () => openAdmin(world.shop.domain).call(jobProgress, { id: "gid://shopify/Job/none" });
const sessionOf = (shop: string) => prisma.session.findFirstOrThrow({ where: { shop, isOnline: false } });

it("renews each shop's token once, however many processes need it at the same moment", async () => {
  const domains = Array.from({ length: 20 }, (_, n) => `tokens-${n}.myshopify.com`);
  for (const domain of domains) await world.install(domain);
  const fine = domains.map(() => "ok");
  const [first, second] = [await openCaller(domains), await openCaller(domains)];
  await world.advance(58 * MINUTE_MS);
  expect(await Promise.all([first.call(), second.call()])).toEqual([fine, fine]);
  // The store forgets a pair when its refresh token is spent again: whoever held it would be shut out now.
  expect(await Promise.all([first.call(), second.call()])).toEqual([fine, fine]);
  for (const domain of domains) {
    const { accessToken, refreshToken } = await sessionOf(domain);
    expect(world.store.shop(domain).state.accessTokens.has(accessToken)).toBe(true);
    expect(world.store.shop(domain).state.refreshTokens.has(refreshToken ?? "")).toBe(true);
  }
}, 90_000);

it("goes on after an hour, and after a day, without anybody opening the app", async () => {
  const before = await sessionOf(world.shop.domain);
  for (const pause of [61 * MINUTE_MS, DAY_MS]) {
    await world.advance(pause);
    expect(await aCall()).toMatchObject({ outcome: "ok" });
  }
  const after = await sessionOf(world.shop.domain);
  expect(after.refreshToken).not.toBe(before.refreshToken);
});

it("says why a shop waits whose access Shopify does not renew, and does the work once the app is opened there", async () => {
  await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
  world.shop.state.refreshTokens.clear();
  await world.advance(61 * MINUTE_MS);
  await pushChanges(openSync({ clock: world.now, sleep: world.sleep }), world.shopId);
  expect(await prisma.change.findMany({ where: { shopId: world.shopId }, select: { status: true, attempts: true, problem: true } })).toEqual([
    { status: "pending", attempts: 0, problem: "Shopify does not renew the app's access. Opening the app in the shop's admin gives it new access." },
  ]);
  expect(world.shop.discounts.size).toBe(0);

  await exchangeToken(world.shop);
  await world.settle();
  await expectCodesAgree(world, { live: 3, failed: 0 });
  expect(await prisma.change.count({ where: { shopId: world.shopId, problem: { not: null } } })).toBe(0);
});

it("keeps a shop's session while Shopify cannot be reached, and renews it afterwards", async () => {
  await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 3 }, world.now());
  await world.advance(58 * MINUTE_MS);
  redirectToStore(1); // nobody listens there
  expect(await aCall()).toMatchObject({ outcome: "gone", reason: expect.stringMatching(/^the app's access could not be renewed: /), retryAfterMs: MINUTE_MS });
  redirectToStore(world.store.port);
  await world.settle();
  await expectCodesAgree(world, { live: 3, failed: 0 });
});

/** The app is removed when Shopify has just renewed its access, and nobody has written that down yet. */
function removedWhileRenewed(then: () => Promise<unknown> = () => Promise.resolve()) {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (...asked) => {
    const answer = await real(...asked);
    if (typeof asked[0] === "string" && asked[0].endsWith("/admin/oauth/access_token")) {
      vi.restoreAllMocks();
      await inTransaction((tx) => uninstallShop(tx, world.shopId, world.now()));
      await then();
    }
    return answer;
  });
}

it("ends as not installed when the app is removed while its access is renewed", async () => {
  await world.advance(58 * MINUTE_MS);
  removedWhileRenewed();
  expect(await aCall()).toEqual({ outcome: "gone", reason: "the shop has no session", retryAfterMs: null });
  expect(await prisma.session.count({ where: { shop: world.shop.domain } })).toBe(0);
});

it("keeps the tokens of an installation that comes while those of the one before are renewed", async () => {
  await world.advance(58 * MINUTE_MS);
  let granted: string | undefined;
  removedWhileRenewed(async () => {
    await exchangeToken(world.shop);
    granted = (await sessionOf(world.shop.domain)).accessToken;
  });
  expect(await aCall()).toMatchObject({ outcome: "ok" });
  expect((await sessionOf(world.shop.domain)).accessToken).toBe(granted);
});

it("uses a refresh token before the ninety days are over in which it must be used", async () => {
  const domain = world.shop.domain;
  expect(await keepAccess(world.now())).toBe(0);
  await prisma.session.updateMany({ where: { shop: domain }, data: { refreshTokenExpires: new Date(world.now().getTime() + 20 * DAY_MS) } });
  const before = await sessionOf(domain);
  expect(await keepAccess(world.now())).toBe(1);
  expect((await sessionOf(domain)).refreshToken).not.toBe(before.refreshToken);
  expect(await keepAccess(world.now())).toBe(0);
  expect(await aCall()).toMatchObject({ outcome: "ok" });
});
