import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCheck } from "#scripts/check.ts";
import { appOf, complaintsOf, openStage, seriousViolations, type Stage } from "./stage";
import type { LaunchedBrowser } from "#scripts/browser.ts";

let stage: Stage;
let strict: LaunchedBrowser;

beforeAll(async () => {
  stage = await openStage();
  strict = await stage.strictBrowser();
});

afterAll(async () => {
  await strict?.close();
  await stage?.close();
});

describe("the main job", () => {
  it("goes from a merchant's award to a discount on a paid order and back to the merchant's screen", async () => {
    const result = await runCheck(stage.addresses);

    expect(result.awardId).toMatch(/^awd_\d+$/);
    expect(result.codesLive).toBe(50);
    expect(result.codeApplied).toMatch(/^[A-Z0-9-]{6,}$/);
    expect(result.orderDiscount).toBe("€5.00");
    expect(result.redemptionId).toMatch(/^red_\d+$/);
    expect(result.pointsBefore - result.pointsAfter).toBe(120);
  });

  it("tells a second demo where the first one runs", () => {
    const second = spawnSync(process.execPath, ["scripts/demo.mjs", "--json"], { encoding: "utf8", env: { ...process.env, SCRIP_DATA: ".data/browser" } });

    expect(second.status).toBe(1);
    expect(second.stderr).toContain("is running already");
    expect(second.stderr).toContain(stage.addresses.admin);
  });

  it("names a taken port and another to use", () => {
    const port = new URL(stage.addresses.storefront).port;
    const other = spawnSync(process.execPath, ["scripts/demo.mjs", "--port", port], { encoding: "utf8", env: { ...process.env, SCRIP_DATA: ".data/browser-other" } });

    expect(other.status).toBe(1);
    expect(other.stderr).toContain(`Port ${port} (store) is in use`);
    expect(other.stderr).toMatch(/npm run demo -- --port \d+/);
  });
});

describe("a shopper in the checkout", () => {
  const VIEWS = [
    ["Preact", 1280],
    ["Preact", 390],
    ["React", 1280],
    ["React", 390],
  ] as const;

  it.each(VIEWS)("redeems in the %s view, %i px wide, pays less, and gives the coupon back", async (view, width) => {
    const page = await strict.newPage({ viewport: { width, height: 900 } });
    const complaints = complaintsOf(page);
    await page.goto(stage.addresses.storefront);
    await page.getByRole("radio", { name: new RegExp(`^${view} `) }).check();
    await page.getByLabel("Logged in as").selectOption({ index: 1 });
    await page.getByRole("button", { name: "Add Gooseneck kettle to cart" }).click();
    await page.getByRole("button", { name: "Checkout" }).click();
    const rewards = page.getByTestId("extension");

    await rewards.getByRole("button", { name: /^Redeem / }).first().click();
    await rewards.getByText(/ is applied$/).waitFor();
    expect(await page.getByTestId("discount").textContent()).toMatch(/^−€\d+\.\d\d$/);
    // What does not combine with it says so before points move.
    await rewards.getByText(/^Remove \S+ to use this\.$/).first().waitFor();
    expect(await seriousViolations(page, "[data-testid=extension]")).toEqual([]);

    await rewards.getByRole("button", { name: /Remove .* give my points back/ }).click();
    await rewards.getByText(/points are back|are back in a moment/).waitFor();
    expect(await page.getByTestId("discount").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("is asked to log in as a guest, and pays all the same", async () => {
    const page = await strict.newPage();
    await page.goto(stage.addresses.storefront);
    await page.getByRole("button", { name: "Add Gooseneck kettle to cart" }).click();
    await page.getByRole("button", { name: "Checkout" }).click();
    await page.getByTestId("extension").getByText(/log in/i).first().waitFor();
    await page.getByRole("button", { name: "Pay now" }).click();
    expect(await page.getByTestId("order-name").textContent()).toMatch(/#\d+/);
    await page.context().close();
  });
});

describe("the embedded admin at Shopify's own host names, under its own policy", () => {
  const SCREENS = [
    ["home", "/app"],
    ["awards", "/app/awards"],
    ["a new award", "/app/awards/new"],
    ["an award", "/app/awards/awd_1"],
    ["an award's editor", "/app/awards/awd_1/edit"],
    ["an award's codes", "/app/awards/awd_1/codes"],
    ["redemptions", "/app/redemptions"],
    ["customers", "/app/customers"],
    ["activity", "/app/activity"],
    ["earning", "/app/earning"],
    ["a new rule of earning", "/app/earning/new"],
    ["settings", "/app/settings"],
    ["API keys", "/app/api-keys"],
    ["webhooks", "/app/webhooks"],
    ["locations", "/app/locations"],
  ] as const;

  it.each(SCREENS)("shows %s without a complaint and without a serious accessibility problem", async (_, path) => {
    const page = await strict.newPage();
    const complaints = complaintsOf(page);
    await page.goto(`${stage.strictAdmin}${path}`, { waitUntil: "networkidle" });
    await appOf(page).getByRole("heading", { level: 1 }).first().waitFor();

    expect(await seriousViolations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("moves through the admin's navigation without loading the app anew", async () => {
    const page = await strict.newPage();
    const complaints = complaintsOf(page);
    await page.goto(stage.strictAdmin);
    const frame = page.frames().find((one) => one.name() === "app-iframe");
    await appOf(page).getByRole("heading", { level: 1 }).first().waitFor();
    await frame?.evaluate(() => Object.assign(window, { sameDocument: true }));

    await page.getByRole("navigation").getByRole("link", { name: "Customers", exact: true }).last().click();
    await page.waitForURL(/\/apps\/scrip\/app\/customers/);
    await appOf(page).getByRole("heading", { name: "Customers" }).first().waitFor();

    expect(await frame?.evaluate(() => "sameDocument" in window)).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("keeps the merchant on an unsaved award until it is saved or discarded", async () => {
    const page = await strict.newPage();
    await page.goto(`${stage.strictAdmin}/app/awards/new`);
    await appOf(page).getByLabel("Name", { exact: true }).fill("Half finished");
    await page.getByRole("button", { name: "Save" }).waitFor();

    await page.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
    await page.getByText("Save or discard your changes first").waitFor();
    expect(page.url()).toContain("/app/awards/new");

    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
    await page.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
    await page.waitForURL(/\/store\/scrip-demo\/orders/);
    await page.context().close();
  });

  it("says what is wrong with an award in the form, and saves nothing", async () => {
    const page = await strict.newPage();
    await page.goto(`${stage.strictAdmin}/app/awards/new`);
    const app = appOf(page);
    await app.getByLabel("Name", { exact: true }).fill("Too good to be true");
    await app.getByText("Percentage", { exact: true }).click();
    await app.getByLabel("Value", { exact: true }).fill("101");
    await app.getByRole("textbox", { name: "Price" }).fill("0");
    await page.getByRole("button", { name: "Save" }).click();

    await app.getByText(/from 1 to 100/).first().waitFor();
    await app.getByText(/at least 1/).first().waitFor();
    expect(page.url()).toContain("/app/awards/new");
    await page.context().close();
  });

  it("is not framed by a page of another site", async () => {
    const page = await strict.newPage();
    const complaints = complaintsOf(page);
    const host = Buffer.from("admin.shopify.com/store/scrip-demo").toString("base64");
    const query = new URLSearchParams({ shop: stage.addresses.shop, host, embedded: "1" });
    await page.setContent(`<iframe src="${stage.addresses.app}/app?${query}"></iframe>`);
    await expect.poll(() => complaints.join("\n"), { timeout: 10_000 }).toMatch(/frame-ancestors/);
    await page.context().close();
  });
});
