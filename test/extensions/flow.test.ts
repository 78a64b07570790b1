import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRewardsApi } from "../../extensions/rewards-flow/src/api";
import { createRewardsFlow, type RewardsFlow } from "../../extensions/rewards-flow/src/flow";
import type { FlowState, NotAppliedReason } from "../../extensions/rewards-flow/src/state";
import { keepStorage, playCheckout, type PlayedCheckout } from "./played-checkout";
import { BEANS_OFF, COUPON, GRINDER, issued, member, startScriptedApp, TEN_OFF, type ScriptedApp } from "./scripted-app";

let app: ScriptedApp;
let checkout: PlayedCheckout;
let storage: ReturnType<typeof keepStorage>;
let token: () => Promise<string>;
let nowMs: number;
let keys: number;
let callMs: number;

beforeEach(async () => {
  app = await startScriptedApp();
  checkout = playCheckout();
  storage = keepStorage();
  token = async () => "signed.session.token";
  nowMs = Date.UTC(2026, 10, 21);
  keys = 0;
  // Long enough for a busy machine; shorter only where a test waits for it to run out.
  callMs = 5_000;
});
afterEach(() => app.close());

/** The extension in a page that has just been opened. */
function openPage(): RewardsFlow {
  return createRewardsFlow({
    api: createRewardsApi({ appUrl: app.url, sessionToken: () => token(), callMs, retryDelaysMs: [1, 1] }),
    checkout,
    storage,
    newKey: () => `key-number-${(keys += 1)}`,
    now: () => nowMs,
    lookMs: 1,
  });
}

async function openReady(): Promise<RewardsFlow> {
  const flow = openPage();
  await flow.load();
  return flow;
}

function statesOf(flow: RewardsFlow): string[] {
  const seen: string[] = [];
  flow.subscribe(() => seen.push(flow.getState().state));
  return seen;
}

function expectState<S extends FlowState["state"]>(flow: RewardsFlow, name: S): Extract<FlowState, { state: S }> {
  const state = flow.getState();
  expect(state.state).toBe(name);
  return state as Extract<FlowState, { state: S }>;
}

const redeemCalls = () => app.asked.filter(({ path }) => path === "/checkout/redeem");
const keysSent = () => redeemCalls().map(({ body }) => (body as { requestKey: string }).requestKey);

describe("opening the checkout", () => {
  test("a member sees the balance and the awards, asked for with the checkout's subtotal and the session token", async () => {
    const flow = openPage();
    expect(flow.getState()).toEqual({ state: "loading" });
    await flow.load();
    expect(expectState(flow, "ready").wallet).toMatchObject({ points: 740, awards: [TEN_OFF, GRINDER], coupons: [] });
    expect(app.asked).toEqual([{ path: "/checkout/rewards?locale=en&subtotalMinor=5000&currency=EUR", token: "signed.session.token", body: null }]);
  });

  test("a guest is asked to log in", async () => {
    app.rewards = [{ state: "guest", pointsName: "Beans" }];
    expect(expectState(await openReady(), "guest").pointsName).toBe("Beans");
  });

  test("a coupon held and already on the checkout counts as applied, however its code is written", async () => {
    app.rewards = [member({ coupons: [COUPON] })];
    checkout.codes = ["scrip-7kq2"];
    expectState(await openReady(), "applied");
  });

  test("a checkout that takes no codes says so and redeems nothing", async () => {
    checkout.mayApply = false;
    const flow = await openReady();
    expectState(flow, "cannot_apply");
    await flow.redeem(1);
    expect(redeemCalls()).toEqual([]);
  });

  test("in the editor a sample is shown, nothing is asked and no button does anything", async () => {
    const flow = createRewardsFlow({
      api: createRewardsApi({ appUrl: app.url, sessionToken: token }), checkout, storage, newKey: () => "key-number-1", now: () => nowMs,
      preview: { pointsName: "points", awardName: "Small", terms: "Off", biggerAwardName: "Big" },
    });
    await flow.load();
    await flow.redeem(1);
    expectState(flow, "preview");
    expect(app.asked).toEqual([]);
  });

  test.each([
    ["the network is down", () => (app.rewards = ["torn"]), "offline", 3],
    ["the app never answers", () => { app.rewards = ["silent"]; callMs = 120; }, "offline", 3],
    ["the app fails", () => (app.rewards = [{ status: 500 }]), "server", 3],
    ["something else answers in the app's place", () => (app.rewards = ["gibberish"]), "server", 3],
    ["the token is not accepted", () => (app.rewards = [{ status: 401 }]), "session", 3],
    ["the app refuses the request for good", () => (app.rewards = [{ status: 403 }]), "server", 1],
    ["there is no token", () => (token = async () => { throw new Error("no session"); }), "session", 0],
  ] as const)("%s: an error with a way to try again, after few attempts", async (_, happen, cause, attempts) => {
    happen();
    const flow = await openReady();
    expect(flow.getState()).toEqual({ state: "error", wallet: null, cause, again: { does: "load" } });
    expect(app.asked).toHaveLength(attempts);
    token = async () => "signed.session.token";
    app.rewards = [member()];
    await flow.press({ does: "load" });
    expectState(flow, "ready");
  });

  test("a passing failure is not shown", async () => {
    app.rewards = [{ status: 503 }, "torn", member()];
    expectState(await openReady(), "ready");
  });

  test("an expired token is replaced by a fresh one", async () => {
    let asked = 0;
    token = async () => `token-${(asked += 1)}`;
    app.rewards = [{ status: 401 }, member()];
    expectState(await openReady(), "ready");
    expect(app.asked.map((call) => call.token)).toEqual(["token-1", "token-2"]);
  });
});

describe("redeeming", () => {
  test("points become a coupon and the coupon is on the checkout", async () => {
    const flow = await openReady();
    const seen = statesOf(flow);
    app.rewards = [member({ points: 240, heldPoints: 500, coupons: [COUPON] })];
    await flow.redeem(1);
    expect(seen.slice(0, 3)).toEqual(["redeeming", "applying", "applied"]);
    expect(expectState(flow, "applied").wallet).toMatchObject({ points: 240, heldPoints: 500, coupons: [COUPON] });
    expect(checkout.changes).toEqual(["+SCRIP-7KQ2"]);
    expect(redeemCalls()[0]?.body).toEqual({ locale: "en", subtotalMinor: 5000, currency: "EUR", awardNumber: 1, requestKey: "key-number-1" });
    expect(storage.kept.size).toBe(0);
  });

  test("the app is told that the checkout shows the discount, and nobody waits for its answer", async () => {
    app.applied = ["silent"];
    const flow = await openReady();
    await flow.redeem(1);
    expectState(flow, "applied");
    expect(app.asked.filter(({ path }) => path === "/checkout/applied").map(({ body }) => body)).toEqual([{ issuanceId: COUPON.issuanceId }]);
  });

  test("a checkout that takes the code and does not show it is told to nobody", async () => {
    checkout.shows = "never";
    await (await openReady()).redeem(1);
    expect(app.asked.filter(({ path }) => path === "/checkout/applied")).toEqual([]);
  });

  test("two presses at once charge once", async () => {
    const flow = await openReady();
    await Promise.all([flow.redeem(1), flow.redeem(1), flow.redeem(2)]);
    expect(keysSent()).toEqual(["key-number-1"]);
    expect(checkout.changes).toHaveLength(1);
  });

  test("a second redemption, later, has a key of its own", async () => {
    const flow = await openReady();
    await flow.redeem(1);
    await flow.redeem(1);
    expect(keysSent()).toEqual(["key-number-1", "key-number-2"]);
  });

  test("a lost answer is asked for again with the same key", async () => {
    app.redeem = ["torn", "silent", issued()];
    callMs = 500;
    const flow = await openReady();
    await flow.redeem(1);
    expectState(flow, "applied");
    expect(keysSent()).toEqual(["key-number-1", "key-number-1", "key-number-1"]);
  });

  test("after every attempt is lost, trying again goes on with the same key", async () => {
    app.redeem = ["torn"];
    const flow = await openReady();
    await flow.redeem(1);
    const { cause, again } = expectState(flow, "error");
    expect({ cause, again }).toEqual({ cause: "offline", again: { does: "redeem", awardNumber: 1 } });
    app.redeem = [issued()];
    nowMs += 3_600_000;
    await flow.press(again);
    expectState(flow, "applied");
    expect(new Set(keysSent())).toEqual(new Set(["key-number-1"]));
  });

  test("a tab closed while the answer is under way: the next page finishes with the same key", async () => {
    app.redeem = ["silent"];
    const closed = await openReady();
    void closed.redeem(1);
    await expect.poll(() => redeemCalls().length).toBeGreaterThan(0);
    const asked = redeemCalls().length;
    app.redeem = [issued()];
    const flow = await openReady();
    expectState(flow, "applied");
    expect(redeemCalls().length).toBeGreaterThan(asked);
    expect(new Set(keysSent())).toEqual(new Set(["key-number-1"]));
    expect(storage.kept.size).toBe(0);
  });

  test("a press of long ago is not finished by itself", async () => {
    await storage.write("pending-redemption", { awardNumber: 1, requestKey: "key-of-yesterday", pressedAt: nowMs - 86_400_000 });
    expectState(await openReady(), "ready");
    expect(redeemCalls()).toEqual([]);
    expect(storage.kept.size).toBe(0);
  });

  test("something else found in the storage is left alone", async () => {
    await storage.write("pending-redemption", { awardNumber: "1" });
    expectState(await openReady(), "ready");
    expect(redeemCalls()).toEqual([]);
  });

  test("storage that fails costs nothing but the resuming", async () => {
    const failing = async () => { throw new Error("no storage"); };
    storage = { kept: new Map(), read: failing, write: failing, delete: failing };
    const flow = await openReady();
    await flow.redeem(1);
    expectState(flow, "applied");
  });

  test.each([
    ["insufficient_points", "You need 20 more points.", "warning"],
    ["out_of_codes", "Sold out for the moment.", "warning"],
    ["existing_sent", "You already hold this coupon.", "warning"],
    ["error", "Something failed; nothing was charged.", "critical"],
  ] as const)("refused with %s: the app's own sentence, and the next press has a new key", async (outcome, message, tone) => {
    app.redeem = [{ outcome, message, points: 480, heldPoints: 0 }];
    const flow = await openReady();
    app.rewards = [member({ points: 480 })];
    await flow.redeem(1);
    const state = expectState(flow, "ready");
    expect(state.notice).toEqual({ tone, message });
    expect(state.wallet.points).toBe(480);
    await flow.redeem(1);
    expect(keysSent()).toEqual(["key-number-1", "key-number-2"]);
    expect(checkout.changes).toEqual([]);
  });

  test("a request the app will never accept does not hold on to its key", async () => {
    app.redeem = [{ status: 400 }];
    const flow = await openReady();
    await flow.redeem(1);
    expectState(flow, "error");
    expect(storage.kept.size).toBe(0);
  });
});

describe("choosing how many points to spend", () => {
  const pointsSent = () => redeemCalls().map(({ body }) => (body as { points?: number }).points);

  beforeEach(() => {
    app.rewards = [member({ awards: [TEN_OFF, BEANS_OFF] })];
  });

  test.each<[string, number | null, number]>([
    ["nothing chosen: the least is spent", null, 500],
    ["what was chosen is spent", 700, 700],
    ["more than there is: the least is spent", 800, 500],
  ])("%s", async (_, chosen, spent) => {
    const flow = await openReady();
    if (chosen !== null) await flow.press({ does: "choose", awardNumber: 3, points: chosen });
    await flow.redeem(3);
    expect(pointsSent()).toEqual([spent]);
    expectState(flow, "applied");
  });

  test("the choice is for its own award", async () => {
    const flow = await openReady();
    flow.choose(3, 700);
    await flow.redeem(1);
    expect(pointsSent()).toEqual([undefined]);
  });

  test("a redemption under way keeps its amount, and so does its repetition after a lost answer", async () => {
    app.redeem = ["torn"];
    const flow = await openReady();
    flow.choose(3, 700);
    const redeeming = flow.redeem(3);
    flow.choose(3, 600);
    await redeeming;
    const { again } = expectState(flow, "error");
    flow.choose(3, 600);
    app.redeem = [issued()];
    await flow.press(again);
    expect(new Set(pointsSent())).toEqual(new Set([700]));
    expect(new Set(keysSent())).toEqual(new Set(["key-number-1"]));
    expect(expectState(flow, "applied").wallet.chosenPoints).toEqual({ 3: 700 });
  });

  test("a closed tab's amount is redeemed by the next page", async () => {
    await storage.write("pending-redemption", { awardNumber: 3, points: 600, requestKey: "key-of-closed-tab", pressedAt: nowMs });
    expectState(await openReady(), "applied");
    expect(pointsSent()).toEqual([600]);
  });

  test("a choice made while the offers are asked for anew survives them, and does not stop them", async () => {
    const flow = await openReady();
    checkout.subtotalMinor = 9_000;
    app.rewards = [member({ points: 1_000, awards: [BEANS_OFF] })];
    const refreshed = flow.checkoutChanged();
    flow.choose(3, 600);
    await refreshed;
    expect(expectState(flow, "ready").wallet).toMatchObject({ points: 1_000, chosenPoints: { 3: 600 } });
  });

  test("an offer whose steps lead nowhere is not believed", async () => {
    app.rewards = [member({ awards: [{ ...BEANS_OFF, choice: { minPoints: 500, maxPoints: 2_000, stepPoints: 0, stepMinor: 250, currency: "EUR" } }] })];
    expect(expectState(await openReady(), "error").cause).toBe("server");
  });
});

describe("a coupon of which the shopper has one already", () => {
  beforeEach(() => {
    app.redeem = [{ outcome: "existing_sent", message: "You already hold this coupon.", coupon: COUPON, points: 740, heldPoints: 0 }];
  });

  test("is applied like one just issued, and nothing was charged", async () => {
    const flow = await openReady();
    app.rewards = [member({ coupons: [COUPON] })];
    await flow.redeem(1);
    expect(expectState(flow, "applied").wallet).toMatchObject({ points: 740, coupons: [COUPON] });
    expect(checkout.changes).toEqual(["+SCRIP-7KQ2"]);
    expect(storage.kept.size).toBe(0);
  });

  test("stays with the shopper when the checkout refuses it", async () => {
    checkout.takes = false;
    const flow = await openReady();
    await flow.redeem(1);
    expect(expectState(flow, "not_applied").coupon).toEqual(COUPON);
    flow.dismiss();
    expect(expectState(flow, "ready").wallet.coupons).toEqual([COUPON]);
  });
});

describe("a coupon that does not reach the checkout", () => {
  test.each<[string, () => void, NotAppliedReason]>([
    ["refuses the code", () => void (checkout.takes = false), "refused"],
    ["takes the code and never shows it", () => void (checkout.shows = "never"), "not_seen"],
    ["fails in the call", () => void (checkout.applyCode = async () => { throw new Error("gone"); }), "refused"],
  ])("the checkout %s: not applied, with its reason", async (_, happen, reason) => {
    happen();
    const flow = await openReady();
    await flow.redeem(1);
    expect(expectState(flow, "not_applied")).toMatchObject({ coupon: COUPON, reason });
  });

  test("a code that shows a moment late is applied", async () => {
    checkout.shows = "late";
    const flow = await openReady();
    await flow.redeem(1);
    expectState(flow, "applied");
  });

  test("trying again applies the same coupon and charges nothing", async () => {
    checkout.takes = false;
    const flow = await openReady();
    await flow.redeem(1);
    checkout.takes = true;
    await flow.retryApply();
    expectState(flow, "applied");
    expect(redeemCalls()).toHaveLength(1);
  });

  test("giving it back says that it did not apply, and the points return", async () => {
    checkout.takes = false;
    const flow = await openReady();
    await flow.redeem(1);
    await flow.giveUp("iss_1");
    expect(app.asked.find(({ path }) => path === "/checkout/return")?.body).toEqual({ issuanceId: "iss_1", reason: "not_applied", locale: "en" });
    expect(expectState(flow, "ready").notice).toEqual({ tone: "success", message: "Your points are on their way back." });
  });

  test("left alone, the coupon stays with the shopper", async () => {
    checkout.takes = false;
    const flow = await openReady();
    await flow.redeem(1);
    flow.dismiss();
    expect(expectState(flow, "ready").wallet.coupons).toEqual([COUPON]);
  });
});

describe("a coupon held from before", () => {
  beforeEach(() => {
    app.rewards = [member({ points: 240, heldPoints: 500, coupons: [COUPON] })];
  });

  test("is applied without a new charge", async () => {
    const flow = await openReady();
    await flow.applyHeld("iss_1");
    expectState(flow, "applied");
    expect(redeemCalls()).toEqual([]);
  });

  test("is taken off the checkout before its points are asked back", async () => {
    checkout.codes = ["SCRIP-7KQ2"];
    const flow = await openReady();
    await flow.giveUp("iss_1");
    expect(checkout.changes).toEqual(["-SCRIP-7KQ2"]);
    expect(app.asked.find(({ path }) => path === "/checkout/return")?.body).toMatchObject({ reason: "given_up" });
  });

  test("whose return is lost keeps offering the return", async () => {
    app.giveBack = ["torn"];
    const flow = await openReady();
    await flow.giveUp("iss_1");
    const { again } = expectState(flow, "error");
    expect(again).toEqual({ does: "giveUp", issuanceId: "iss_1" });
    app.giveBack = [{ outcome: "returned", message: "Your points are back.", points: 740, heldPoints: 0 }];
    app.rewards = [member()];
    await flow.press(again);
    expect(expectState(flow, "ready").wallet).toMatchObject({ points: 740, coupons: [] });
  });

  test.each(["already_redeemed", "not_found"] as const)("answered %s: gone from the list, and the app says why", async (outcome) => {
    app.giveBack = [{ outcome, message: "An order used it.", points: 240, heldPoints: 0 }];
    const flow = await openReady();
    app.rewards = [member({ points: 240 })];
    await flow.giveUp("iss_1");
    const state = expectState(flow, "ready");
    expect(state.notice).toEqual({ tone: "warning", message: "An order used it." });
    expect(state.wallet.coupons).toEqual([]);
  });

  test("answered locked: a till is using it, so it stays in the list", async () => {
    app.giveBack = [{ outcome: "locked", message: "In use in a store.", points: 240, heldPoints: 500 }];
    const flow = await openReady();
    await flow.giveUp("iss_1");
    const state = expectState(flow, "ready");
    expect(state.notice).toEqual({ tone: "warning", message: "In use in a store." });
    expect(state.wallet.coupons).toHaveLength(1);
  });

  test("a coupon that is not the shopper's changes nothing", async () => {
    const flow = await openReady();
    await flow.applyHeld("iss_9");
    await flow.giveUp("iss_9");
    expect(checkout.changes).toEqual([]);
    expect(app.asked).toHaveLength(1);
  });
});

describe("a checkout that changes beside the extension", () => {
  test("a code removed by hand is offered again", async () => {
    app.rewards = [member({ coupons: [COUPON] })];
    checkout.codes = ["SCRIP-7KQ2"];
    const flow = await openReady();
    checkout.codes = [];
    await flow.checkoutChanged();
    expectState(flow, "ready");
  });

  test("a larger cart is asked about again, an unchanged one is not", async () => {
    const flow = await openReady();
    await flow.checkoutChanged();
    expect(app.asked).toHaveLength(1);
    checkout.subtotalMinor = 9_000;
    app.rewards = [member({ points: 741 })];
    await flow.checkoutChanged();
    expect(expectState(flow, "ready").wallet.points).toBe(741);
    expect(app.asked[1]?.path).toContain("subtotalMinor=9000");
  });

  test("a code that is put on the checkout or taken off changes what can be redeemed: the offers are asked for anew", async () => {
    const flow = await openReady();
    checkout.codes = ["SPRING10"];
    const blocked = { ...TEN_OFF, obstacles: [{ outcome: "cannot_combine" as const, message: "Remove SPRING10 to use this.", codes: ["SPRING10"] }] };
    app.rewards = [member({ awards: [blocked] }), member()];
    await flow.checkoutChanged();
    expect(app.asked[1]?.path).toMatch(/&code=SPRING10$/);
    expect(expectState(flow, "ready").wallet.awards).toEqual([blocked]);
    checkout.codes = [];
    await flow.checkoutChanged();
    expect(expectState(flow, "ready").wallet.awards).toEqual([TEN_OFF, GRINDER]);
  });

  test("a coupon that the shopper puts on themselves is beside the offers at once", async () => {
    app.rewards = [member({ coupons: [COUPON] }), member({ coupons: [COUPON], points: 741 })];
    const flow = await openReady();
    await flow.applyHeld("iss_1");
    expect(app.asked.at(-1)?.path).toMatch(/&code=SCRIP-7KQ2$/i);
    expect(expectState(flow, "applied").wallet.points).toBe(741);
  });

  test("a refresh that fails changes nothing", async () => {
    const flow = await openReady();
    checkout.subtotalMinor = 9_000;
    app.rewards = ["torn"];
    await flow.checkoutChanged();
    expect(expectState(flow, "ready").wallet.points).toBe(740);
  });
});
