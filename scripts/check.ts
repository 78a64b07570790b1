/**
 * The main job, once, as people do it: a merchant makes an award in the embedded admin, a shopper redeems it in the checkout
 * and pays, the redemption appears on the merchant's screen. Everything is seen through the browser.
 */
import type { FrameLocator, Locator, Page } from "playwright-core";
import { launchBrowser } from "./browser";

export interface CheckResult {
  awardId: string;
  codesLive: number;
  codeApplied: string;
  order: string;
  orderDiscount: string;
  redemptionId: string;
  pointsBefore: number;
  pointsAfter: number;
  /** Seconds of each step. */
  seconds: Record<string, number>;
}

export interface CheckAddresses {
  admin: string;
  storefront: string;
}

const STOCK = 50;
const PRICE = 120;
const STEP_LIMIT_MS = 60_000;

/** Drives the main job. Throws at the first thing that is not as it should be. */
export async function runCheck(addresses: CheckAddresses): Promise<CheckResult> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(STEP_LIMIT_MS);
    return await new MainJob(page, addresses).run();
  } finally {
    await browser.close();
  }
}

class MainJob {
  readonly #seconds: Record<string, number> = {};

  constructor(
    private readonly page: Page,
    private readonly addresses: CheckAddresses,
  ) {}

  async run(): Promise<CheckResult> {
    const name = `Check ${new Date().toISOString().slice(0, 19).replace("T", " ")}`;
    await this.#step("openAdmin", () => this.#openApp());
    const awardId = await this.#step("createAward", () => this.#createAward(name));
    const codesLive = await this.#step("codesLive", () => this.#untilCodesLive(name));
    await this.#step("openCheckout", () => this.#openCheckout());
    const { code, before, after } = await this.#step("redeem", () => this.#redeem(name));
    const { order, discount } = await this.#step("pay", () => this.#pay());
    const redemptionId = await this.#step("record", () => this.#untilRecorded(code, order));
    return { awardId, codesLive, codeApplied: code, order, orderDiscount: discount, redemptionId, pointsBefore: before, pointsAfter: after, seconds: this.#seconds };
  }

  async #step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await work();
    } catch (error) {
      throw new Error(`the check stopped at "${name}" on ${this.page.url()}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      this.#seconds[name] = Math.round((performance.now() - startedAt) / 10) / 100;
    }
  }

  get #app(): FrameLocator {
    return this.page.frameLocator("iframe#app");
  }

  async #openApp(): Promise<void> {
    await this.page.goto(this.addresses.admin);
    await this.page.getByRole("navigation").getByRole("link", { name: "Awards" }).waitFor();
  }

  async #createAward(name: string): Promise<string> {
    await this.page.goto(`${this.addresses.admin}/app/awards/new`);
    const app = this.#app;
    await app.getByLabel("Name", { exact: true }).fill(name);
    await app.getByLabel("Value", { exact: true }).fill("5");
    await app.getByRole("textbox", { name: "Price" }).fill(String(PRICE));
    await app.getByLabel("Keep in stock").fill(String(STOCK));
    await this.page.getByRole("button", { name: "Save" }).click();
    await this.page.waitForURL(/\/awards\/awd_\d+/);
    return /awd_\d+/.exec(this.page.url())?.[0] ?? "";
  }

  /** Shopify's side: the discount's row among the store's own pages. One code is Shopify's demand at creation and never handed out. */
  async #untilCodesLive(name: string): Promise<number> {
    const discounts = `${this.addresses.admin.replace(/\/apps\/.*$/, "")}/discounts`;
    return this.#reloading(discounts, async () => {
      const cells = await this.page.getByRole("row").filter({ hasText: name }).getByRole("cell").allTextContents();
      const live = Number(cells[2] ?? 0) - 1;
      return live >= STOCK ? live : null;
    });
  }

  async #openCheckout(): Promise<void> {
    await this.page.goto(this.addresses.storefront);
    await this.page.getByLabel("Logged in as").selectOption({ index: 1 });
    await this.page.getByRole("button", { name: "Add Gooseneck kettle to cart" }).click();
    await this.page.getByRole("button", { name: "Checkout" }).click();
    await this.page.waitForURL(/\/checkout\//);
    await this.#rewards.getByText(/^You have /).waitFor();
  }

  get #rewards(): Locator {
    return this.page.getByTestId("extension");
  }

  async #redeem(name: string): Promise<{ code: string; before: number; after: number }> {
    const before = await this.#points();
    const redeem = this.#rewards.getByRole("button", { name: new RegExp(`^Redeem ${name} `) });
    const showAll = this.#rewards.getByRole("button", { name: /^Show all/ });
    await redeem.or(showAll).first().waitFor();
    if (!(await redeem.isVisible())) await showAll.click();
    await redeem.click();
    await this.#rewards.getByText(`${name} is applied`).waitFor();
    const applied = this.page.getByRole("list", { name: "Applied discount codes" }).getByRole("listitem");
    const code = ((await applied.first().textContent()) ?? "").replace("×", "").trim();
    const after = await this.#points();
    if (!code) throw new Error("no code is applied to the checkout");
    if (before - after !== PRICE) throw new Error(`the balance went from ${before} to ${after}, not down by ${PRICE}`);
    return { code, before, after };
  }

  async #points(): Promise<number> {
    const text = (await this.#rewards.getByText(/^You have /).textContent()) ?? "";
    return Number(text.replace(/[^\d]/g, ""));
  }

  async #pay(): Promise<{ order: string; discount: string }> {
    await this.page.getByRole("button", { name: "Pay now" }).click();
    const order = ((await this.page.getByTestId("order-name").textContent()) ?? "").trim();
    const discount = ((await this.page.getByTestId("discount").textContent()) ?? "").replace("−", "").trim();
    if (discount !== "€5.00") throw new Error(`the order ${order} was discounted by ${discount}, not by €5.00`);
    return { order, discount };
  }

  /** The merchant's screen: the redemption, with the order and the code that were paid. */
  async #untilRecorded(code: string, order: string): Promise<string> {
    return this.#reloading(`${this.addresses.admin}/app/redemptions`, async () => {
      await this.#app.getByRole("heading", { name: "Redemptions" }).first().waitFor();
      const row = this.#app.getByRole("row").filter({ hasText: code }).filter({ hasText: order });
      return (await row.count()) ? (/red_\d+/.exec((await row.first().textContent()) ?? "")?.[0] ?? null) : null;
    });
  }

  /** Opens a page again and again until `look` finds what it looks for, for at most a minute. */
  async #reloading<Found>(url: string, look: () => Promise<Found | null>): Promise<Found> {
    for (const limit = Date.now() + STEP_LIMIT_MS; Date.now() < limit; ) {
      await this.page.goto(url, { waitUntil: "networkidle" });
      const found = await look();
      if (found !== null) return found;
      await this.page.waitForTimeout(300);
    }
    throw new Error(`not seen within a minute on ${url}`);
  }
}
