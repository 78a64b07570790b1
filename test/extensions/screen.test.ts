import { describe, expect, test } from "vitest";
import arabic from "../../extensions/checkout-rewards-preact/locales/ar.json";
import german from "../../extensions/checkout-rewards-preact/locales/de.json";
import english from "../../extensions/checkout-rewards-preact/locales/en.default.json";
import french from "../../extensions/checkout-rewards-preact/locales/fr.json";
import { screenOf, type Screen } from "../../extensions/rewards-flow/src/screen";
import type { FlowState, Wallet } from "../../extensions/rewards-flow/src/state";
import { makeI18n } from "../store/checkout/worker/i18n";
import { BEANS_OFF, COUPON, GRINDER, TEN_OFF } from "./scripted-app";

const i18n = makeI18n({ locale: "en", currency: "EUR", messages: english, fallback: english });
const formatMoney = (value: number, currency: string) => i18n.formatCurrency(value, { currency });
const wording = { ...i18n, formatMoney, formatDate: (value: Date) => value.toISOString().slice(0, 10) };

const wallet: Wallet = { pointsName: "points", points: 1_240, heldPoints: 0, awards: [TEN_OFF, GRINDER], coupons: [], chosenPoints: {}, appliedCodes: [], canApply: true };
const holding: Wallet = { ...wallet, coupons: [{ ...COUPON, expiresAt: "2026-12-12T22:59:59.000Z" }] };
const blocked: Wallet = { ...wallet, coupons: [{ ...COUPON, expiresAt: "2026-12-12T22:59:59.000Z", obstacles: [{ outcome: "cannot_combine", message: "Remove SPRING10 to use this.", codes: ["SPRING10"] }] }] };
const applied: Wallet = { ...holding, appliedCodes: ["SCRIP-7KQ2"] };

function screen(state: FlowState, options: { heading?: string; guestText?: string; expanded?: boolean } = {}): Screen {
  return screenOf(state, wording, { expanded: false, ...options });
}

/** Everything a shopper reads, from top to bottom. */
function read({ heading, loading, balance, banners, coupons, note, awards, showAll }: Screen): string[] {
  const parts = [
    heading, loading, balance,
    ...banners.flatMap(({ tone, title, lines, buttons }) => [`[${tone}] ${title}`, ...lines, ...buttons.map(({ label }) => `(${label})`)]),
    ...coupons.flatMap(({ title, lines, buttons }) => [title, ...lines, ...buttons.map(({ label }) => `(${label})`)]),
    note,
    ...awards.flatMap(({ name, terms, price, obstacles, missing, button }) => [name, terms, price, ...obstacles, missing, button && `(${button.label})`]),
    showAll,
  ];
  return parts.filter((part) => part !== null);
}

const AWARDS = ["10 off", "10.00 EUR off", "500 points", "(Redeem)", "Coffee grinder", "80.00 EUR off", "4,000 points", "Add 35.10 EUR to your cart.", "3,260 more points"];
const TOP = ["Your rewards", "You have 1,240 points"];
const SAFE = "You are never charged twice: trying again continues where it stopped.";

describe("what the shopper reads", () => {
  test.each<[string, FlowState, string[]]>([
    ["loading", { state: "loading" }, ["Your rewards", "Looking up your points"]],
    ["guest", { state: "guest", pointsName: "Beans" }, ["Your rewards", "[info] Log in to use your Beans", "Log in at the top of this page and your balance appears here."]],
    ["ready", { state: "ready", wallet, notice: null }, [...TOP, ...AWARDS]],
    ["ready, after a refusal", { state: "ready", wallet, notice: { tone: "warning", message: "Sold out." } }, [...TOP, "[warning] Sold out.", ...AWARDS]],
    ["no awards", { state: "ready", wallet: { ...wallet, awards: [] }, notice: null }, [...TOP, "There is nothing to redeem right now. Your balance stays as it is."]],
    ["nothing within reach", { state: "ready", wallet: { ...wallet, awards: [GRINDER] }, notice: null }, [...TOP, "Only 3,260 more points until “Coffee grinder”.", ...AWARDS.slice(4)]],
    [
      "a coupon held", { state: "ready", wallet: holding, notice: null },
      [...TOP, "Your coupon: 10 off", "SCRIP-7KQ2 · 10.00 EUR off", "Use it by 2026-12-12", "(Apply)", "(Give my points back)", ...AWARDS],
    ],
    [
      "a coupon held that does not combine with a code that is there", { state: "ready", wallet: blocked, notice: null },
      [...TOP, "Your coupon: 10 off", "SCRIP-7KQ2 · 10.00 EUR off", "Use it by 2026-12-12", "Remove SPRING10 to use this.", "(Give my points back)", ...AWARDS],
    ],
    [
      "applied", { state: "applied", wallet: applied, notice: null },
      [...TOP, "[success] 10 off is applied", "SCRIP-7KQ2 · 10.00 EUR off", "500 points are set aside for it and spent only when you pay.", "(Remove and give my points back)", ...AWARDS],
    ],
    [
      "not applied", { state: "not_applied", wallet: holding, coupon: COUPON, reason: "not_seen" },
      [
        ...TOP, "[warning] 10 off could not be applied", "The checkout took the coupon but does not show it. Your points are set aside, not spent.",
        "SCRIP-7KQ2 · 10.00 EUR off", "(Try again)", "(Give my points back)", ...AWARDS,
      ],
    ],
    ["nothing loaded", { state: "error", wallet: null, cause: "session", again: { does: "load" } }, ["Your rewards", "[critical] Your rewards could not be loaded", "Your session could not be confirmed. Try again, or reload this page.", "(Try again)"]],
    [
      "outcome unknown", { state: "error", wallet, cause: "offline", again: { does: "redeem", awardNumber: 1 } },
      [...TOP, "[critical] We do not know yet whether your reward was redeemed", `The connection was lost or too slow. ${SAFE}`, "(Try again)", "(Not now)", ...AWARDS],
    ],
    ["no codes taken", { state: "cannot_apply", wallet: { ...wallet, canApply: false } }, [...TOP, "[info] Coupons cannot be used in this checkout", "Go back to the cart and choose the regular checkout to use your points. Nothing has been charged."]],
  ])("%s", (_, state, expected) => {
    expect(read(screen(state))).toEqual(expected);
  });

  test("the merchant's own heading and words to guests stand in place of ours, empty ones do not", () => {
    const own = screen({ state: "guest", pointsName: "points" }, { heading: "Bean club", guestText: "Members get more." });
    expect([own.heading, own.banners[0]?.lines]).toEqual(["Bean club", ["Members get more."]]);
    expect(screen({ state: "loading" }, { heading: "  " }).heading).toBe("Your rewards");
  });

  test("a long list is cut until it is asked for", () => {
    const many = { ...wallet, awards: Array.from({ length: 6 }, (_, n) => ({ ...TEN_OFF, awardNumber: n + 1 })) };
    const short = screen({ state: "ready", wallet: many, notice: null });
    expect([short.awards.length, short.showAll]).toEqual([4, "Show all 6 rewards"]);
    const long = screen({ state: "ready", wallet: many, notice: null }, { expanded: true });
    expect([long.awards.length, long.showAll]).toEqual([6, null]);
  });
});

describe("an amount to choose", () => {
  const rich = { ...wallet, points: 740, awards: [BEANS_OFF] };
  const row = (state: FlowState) => screen(state).awards[0];

  test("each amount within reach is offered with what it buys, the least first", () => {
    expect(row({ state: "ready", wallet: rich, notice: null })).toMatchObject({
      price: null,
      amount: {
        label: "Spend on Beans off", value: "500", disabled: false,
        options: [
          { value: "500", label: "500 points: €12.50 off" },
          { value: "600", label: "600 points: €15.00 off" },
          { value: "700", label: "700 points: €17.50 off" },
        ],
      },
      button: { accessibilityLabel: "Redeem Beans off for 500 points" },
    });
  });

  test.each<[string, Partial<Wallet>, number, string]>([
    ["riches end at the award's most", { points: 90_000 }, 16, "500"],
    ["the amount chosen stands in the field", { chosenPoints: { 3: 700 } }, 3, "700"],
    ["an amount that is out of reach by now gives way to the least", { points: 640, chosenPoints: { 3: 700 } }, 2, "500"],
    ["an amount between two steps gives way to the least", { chosenPoints: { 3: 550 } }, 3, "500"],
  ])("%s", (_, given, count, value) => {
    const amount = row({ state: "ready", wallet: { ...rich, ...given }, notice: null })?.amount;
    expect([amount?.options.length, amount?.value]).toEqual([count, value]);
  });

  test.each<[string, Partial<Wallet>]>([
    ["with one amount within reach there is nothing to choose", { points: 599 }],
    ["with something in the way there is nothing to choose", { points: 740, awards: [{ ...BEANS_OFF, obstacles: [{ outcome: "too_soon", message: "Tomorrow." }] }] }],
  ])("%s, and the price says what it buys", (_, given) => {
    expect(row({ state: "ready", wallet: { ...rich, ...given }, notice: null })).toMatchObject({ amount: null, price: "500 points: €12.50 off" });
  });

  test("while it is redeemed it cannot be changed", () => {
    expect(row({ state: "redeeming", wallet: rich, awardNumber: 3 })?.amount?.disabled).toBe(true);
  });
});

describe("buttons", () => {
  const buttonsOf = ({ banners, coupons, awards }: Screen) =>
    [...banners, ...coupons].flatMap(({ buttons }) => buttons).concat(awards.flatMap(({ button }) => (button ? [button] : [])));

  test("say for the ear what the eye sees around them", () => {
    expect(buttonsOf(screen({ state: "ready", wallet: holding, notice: null })).map(({ accessibilityLabel }) => accessibilityLabel)).toEqual([
      "Apply coupon SCRIP-7KQ2", "Give my points back: SCRIP-7KQ2", "Redeem 10 off for 500 points",
    ]);
  });

  test.each([["en", english], ["de", german], ["fr", french], ["ar", arabic]] as const)("in %s a name for the ear contains the label for the eye", (locale, messages) => {
    const spoken = { ...makeI18n({ locale, currency: "EUR", messages, fallback: english }), formatMoney, formatDate: wording.formatDate };
    const states: FlowState[] = [{ state: "applied", wallet: applied, notice: null }, { state: "ready", wallet: holding, notice: null }];
    for (const { label, accessibilityLabel } of states.flatMap((state) => buttonsOf(screenOf(state, spoken, { expanded: false })))) {
      expect(accessibilityLabel.toLowerCase()).toContain(label.toLowerCase());
    }
  });

  test.each<[string, FlowState, (string | null)[]]>([
    ["redeeming", { state: "redeeming", wallet, awardNumber: 1 }, ["Redeeming"]],
    ["applying what was just redeemed", { state: "applying", wallet: holding, coupon: COUPON, awardNumber: 1 }, ["Redeeming"]],
    ["applying a coupon held", { state: "applying", wallet: holding, coupon: COUPON, awardNumber: null }, ["Applying your coupon", null, null]],
    ["returning", { state: "returning", wallet: holding, coupon: COUPON }, [null, "Giving your points back", null]],
  ])("while %s: the one pressed is busy, the others cannot be pressed", (_, state, busy) => {
    const buttons = buttonsOf(screen(state));
    expect(buttons.map((button) => button.busy)).toEqual(busy);
    expect(buttons.map(({ disabled }) => disabled)).toEqual(busy.map((text) => text === null));
  });
});
