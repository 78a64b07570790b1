/** Both scripts as they are released, over an app on loopback: the same story reads the same in React and in Preact. */
import "@remote-dom/core/polyfill";
import { signal, type Signal } from "@preact/signals-core";
import { createRemoteReceiver, type RemoteReceiverAttachableChild } from "@remote-ui/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleExtension, type CheckoutView } from "#scripts/build-extensions.ts";
import english from "../../extensions/checkout-rewards-preact/locales/en.default.json";
import { components } from "../store/checkout/page/components";
import { defineElements } from "../store/checkout/worker/elements";
import { makeI18n } from "../store/checkout/worker/i18n";
import { keepStorage } from "./played-checkout";
import { BEANS_OFF, COUPON, member, startScriptedApp, type ScriptedApp } from "./scripted-app";

interface DrawnView {
  /** Everything to be read, from top to bottom. */
  read(): string[];
  /** Presses the button of this accessible name; throws when there is none, or none that can be pressed. */
  press(label: string): void;
  /** Chooses an option in the field of this label; throws when there is no such field or option. */
  choose(label: string, option: string): void;
}

/** A value of the checkout that the extension may follow. */
interface Followed<T> {
  now: T;
  listeners: Set<(value: T) => void>;
}

interface Checkout {
  codes: Followed<{ code: string }[]>;
  /** Whether codes are taken. */
  takes: boolean;
  settings: Record<string, string>;
}

defineElements();
const TARGET = "purchase.checkout.block.render";
let app: ScriptedApp;
let checkout: Checkout;

beforeEach(async () => {
  app = await startScriptedApp();
  checkout = { codes: { now: [], listeners: new Set() }, takes: true, settings: {} };
});
afterEach(() => app.close());

function setCodes(codes: { code: string }[]): void {
  checkout.codes.now = codes;
  for (const listener of checkout.codes.listeners) listener(codes);
}

/** The members both API generations share; `follow` makes what each gives for a value that changes. */
function checkoutApi(follow: <T>(followed: Followed<T>) => unknown) {
  const fixed = <T>(now: T) => follow<T>({ now, listeners: new Set() });
  return {
    i18n: makeI18n({ locale: "en", currency: "EUR", messages: english, fallback: english }),
    extension: { target: TARGET },
    sessionToken: { get: async () => "signed.session.token" },
    storage: keepStorage(),
    settings: fixed(checkout.settings),
    discountCodes: follow(checkout.codes),
    instructions: fixed({ discounts: { canUpdateDiscountCodes: true } }),
    cost: { subtotalAmount: fixed({ amount: 50, currencyCode: "EUR" }) },
    localization: { extensionLanguage: fixed({ isoCode: "en" }) },
    applyDiscountCodeChange: async ({ type, code }: { type: string; code: string }) => {
      if (!checkout.takes) return { type: "error", message: "debug only: no such code" };
      const others = checkout.codes.now.filter((applied) => applied.code !== code);
      setCodes(type === "addDiscountCode" ? [...others, { code }] : others);
      return { type: "success" };
    },
  };
}

type Registered = (...given: unknown[]) => unknown;

/** Runs the script as the checkout does and returns what it registers for the block. */
async function runScript(view: CheckoutView, shopify: Record<string, unknown>): Promise<Registered> {
  const { code } = await bundleExtension(view, { appUrl: app.url });
  const registered = new Map<string, Registered>();
  Object.assign(globalThis, { shopify: Object.assign(shopify, { extend: (target: string, run: Registered) => registered.set(target, run) }) });
  new Function(code)();
  const run = registered.get(TARGET);
  if (!run) throw new Error(`the ${view} script registers nothing for ${TARGET}`);
  return run;
}

async function drawPreact(): Promise<DrawnView> {
  let Signals: (new (value: unknown) => Signal<unknown>) | null = null;
  const shopify: Record<string, unknown> = { setSignals: (given: new (value: unknown) => Signal<unknown>) => (Signals = given) };
  const run = await runScript("preact", shopify);
  Object.assign(shopify, checkoutApi((followed) => {
    const made = Signals ? new Signals(followed.now) : signal<unknown>(followed.now);
    followed.listeners.add((value) => (made.value = value));
    return made;
  }));
  const body = document.createElement("div");
  Object.defineProperty(document, "body", { value: body, configurable: true });
  await run();
  return {
    read: () => readNode(body),
    press: (label) => {
      const button = [...everyElement(body)].find((element) => element.localName === "s-button" && propertyOf(element, "accessibilityLabel") === label);
      if (!button || propertyOf(button, "disabled") === true) throw new Error(`no button to press: ${label}`);
      button.dispatchEvent(new Event("click"));
    },
    choose: (label, option) => {
      const field = [...everyElement(body)].find((element) => element.localName === "s-select" && propertyOf(element, "label") === label);
      const chosen = [...(field?.children ?? [])].find((element) => element.textContent === option);
      if (!field || !chosen || propertyOf(field, "disabled") === true) throw new Error(`nothing to choose: ${label}, ${option}`);
      Object.assign(field, { value: propertyOf(chosen, "value") });
      field.dispatchEvent(new Event("change"));
    },
  };
}

function propertyOf(element: Node, name: string): unknown {
  return (element as unknown as Record<string, unknown>)[name];
}

function* everyElement(parent: Element): Generator<Element> {
  for (const child of parent.children) {
    yield child;
    yield* everyElement(child);
  }
}

function readNode(node: Node): string[] {
  if (node.nodeType === 3) return node.textContent ? [node.textContent] : [];
  const heading = propertyOf(node, "heading");
  return [...(typeof heading === "string" ? [heading] : []), ...[...node.childNodes].flatMap(readNode)];
}

async function drawReact(): Promise<DrawnView> {
  const run = await runScript("react", {});
  const receiver = createRemoteReceiver();
  const api = checkoutApi((followed) => ({
    get current() {
      return followed.now;
    },
    subscribe: (listener: (value: unknown) => void) => {
      followed.listeners.add(listener);
      return () => followed.listeners.delete(listener);
    },
    destroy: async () => undefined,
  }));
  await run({ channel: receiver.receive, components: Object.keys(components) }, api);
  const all = (): RemoteReceiverAttachableChild[] => receiver.attached.root.children;
  return {
    read: () => all().flatMap(readRemote),
    press: (label) => {
      const props = all().flatMap(everyProps).find(({ accessibilityLabel }) => accessibilityLabel === label);
      if (!props || props.disabled === true || typeof props.onPress !== "function") throw new Error(`no button to press: ${label}`);
      props.onPress();
    },
    choose: (label, option) => {
      const field = all().flatMap(everyProps).find((props) => props.label === label && Array.isArray(props.options));
      const chosen = (field?.options as { value: string; label: string }[] | undefined)?.find((each) => each.label === option);
      if (!chosen || field?.disabled === true || typeof field?.onChange !== "function") throw new Error(`nothing to choose: ${label}, ${option}`);
      field.onChange(chosen.value);
    },
  };
}

function readRemote(node: RemoteReceiverAttachableChild): string[] {
  if ("text" in node) return node.text ? [node.text] : [];
  const { title } = propsOf(node);
  return [...(typeof title === "string" ? [title] : []), ...node.children.flatMap(readRemote)];
}

function everyProps(node: RemoteReceiverAttachableChild): Record<string, unknown>[] {
  return "text" in node ? [] : [propsOf(node), ...node.children.flatMap(everyProps)];
}

function propsOf(node: { props: unknown }): Record<string, unknown> {
  return (node.props ?? {}) as Record<string, unknown>;
}

const AWARDS = ["10 off", "10.00 EUR off", "500 points", "Redeem", "Coffee grinder", "80.00 EUR off", "4,000 points", "Add 35.10 EUR to your cart.", "3,260 more points"];

describe.each([
  ["Preact", drawPreact],
  ["React", drawReact],
])("%s", (_, draw) => {
  test("a shopper redeems, finds the code on the checkout, and gives it back", async () => {
    const view = await draw();
    await expect.poll(view.read).toEqual(["Your rewards", "You have 740 points", ...AWARDS]);

    view.press("Redeem 10 off for 500 points");
    await expect.poll(view.read).toEqual([
      "Your rewards", "You have 240 points", "10 off is applied", "SCRIP-7KQ2 · 10.00 EUR off",
      "500 points are set aside for it and spent only when you pay.", "Remove and give my points back", ...AWARDS,
    ]);
    expect(checkout.codes.now).toEqual([{ code: "SCRIP-7KQ2" }]);

    view.press("Remove and give my points back: SCRIP-7KQ2");
    await expect.poll(view.read).toEqual(["Your rewards", "You have 740 points", "Your points are on their way back.", ...AWARDS]);
    expect(checkout.codes.now).toEqual([]);
  });

  test("a checkout that refuses the code: its words for developers are not shown, the ways out are", async () => {
    checkout.takes = false;
    const view = await draw();
    await expect.poll(view.read).toContain("Redeem");
    view.press("Redeem 10 off for 500 points");
    await expect.poll(view.read).toContain("10 off could not be applied");
    expect(view.read().join()).not.toContain("debug only");

    checkout.takes = true;
    view.press("Try again");
    await expect.poll(view.read).toContain("10 off is applied");
  });

  test("a code removed by hand in the checkout's own field is offered again", async () => {
    const view = await draw();
    await expect.poll(view.read).toContain("Redeem");
    view.press("Redeem 10 off for 500 points");
    await expect.poll(view.read).toContain("10 off is applied");
    setCodes([]);
    await expect.poll(view.read).toContain("Your coupon: 10 off");
    view.press("Apply coupon SCRIP-7KQ2");
    await expect.poll(view.read).toContain("10 off is applied");
  });

  test("a shopper chooses how many points to spend", async () => {
    app.rewards = [member({ awards: [BEANS_OFF] })];
    const view = await draw();
    await expect.poll(view.read).toContain("Beans off");
    view.choose("Spend on Beans off", "700 points: €17.50 off");
    await expect.poll(() => view.press("Redeem Beans off for 700 points")).toBeUndefined();
    await expect.poll(view.read).toContain("10 off is applied");
    expect(app.asked.find(({ path }) => path === "/checkout/redeem")?.body).toMatchObject({ awardNumber: 3, points: 700 });
  });

  test("a coupon held already is put on the checkout", async () => {
    app.rewards = [member(), member({ coupons: [COUPON] })];
    app.redeem = [{ outcome: "existing_sent", message: "You already have this coupon.", coupon: COUPON, points: 740, heldPoints: 0 }];
    const view = await draw();
    await expect.poll(view.read).toContain("Redeem");
    view.press("Redeem 10 off for 500 points");
    await expect.poll(view.read).toContain("10 off is applied");
    expect(checkout.codes.now).toEqual([{ code: "SCRIP-7KQ2" }]);
  });

  test("a guest reads the merchant's own words", async () => {
    app.rewards = [{ state: "guest", pointsName: "Beans" }];
    checkout.settings = { heading: "Bean club", guest_text: "Members get more." };
    const view = await draw();
    await expect.poll(view.read).toEqual(["Bean club", "Log in to use your Beans", "Members get more."]);
  });

  test("an app that fails: an error, and the balance once it answers", async () => {
    app.rewards = [{ status: 403 }];
    const view = await draw();
    await expect.poll(view.read).toContain("Your rewards could not be loaded");
    app.rewards = [{ state: "guest", pointsName: "points" }];
    view.press("Try again");
    await expect.poll(view.read).toContain("Log in to use your points");
  });
});
