/** What a merchant presses after the award is made: a customer's page, a tier, and a difference with Shopify. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import type { LaunchedBrowser } from "#scripts/browser.ts";
import { appOf, complaintsOf, openStage, type Stage } from "./stage";

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

/** The app's page at the path, and what it complains of. */
async function openAt(path: string, width = 1280) {
  const page = await strict.newPage({ viewport: { width, height: 900 } });
  page.setDefaultTimeout(12_000);
  const complaints = complaintsOf(page);
  await page.goto(`${stage.strictAdmin}${path}`);
  return { page, app: appOf(page), complaints };
}

/** With SCREENSHOTS, a folder: for a person to look at. */
async function show(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}

it("forgets a birthday and an adjustment that were cancelled, and saves those that were not", async () => {
  const { page, app, complaints } = await openAt("/app/customers");
  await app.locator("a[href*='/app/customers/']").first().click();

  await app.getByRole("button", { name: "Change birthday" }).click();
  await app.getByLabel("Month", { exact: true }).selectOption("3");
  await show(page, "birthday");
  await app.getByRole("button", { name: "Cancel" }).click();
  await app.getByRole("button", { name: "Change birthday" }).click();
  expect(await app.getByLabel("Month", { exact: true }).inputValue()).not.toBe("3");
  await app.getByLabel("Month", { exact: true }).selectOption("5");
  await app.getByLabel("Day", { exact: true }).selectOption("17");
  await app.getByRole("button", { name: "Save" }).click();
  await app.getByText("17 May").waitFor();

  await app.getByRole("button", { name: "Adjust points" }).click();
  await app.getByLabel("How many").fill("77");
  await show(page, "adjust");
  await app.getByRole("button", { name: "Cancel" }).click();
  await app.getByRole("button", { name: "Adjust points" }).click();
  expect(await app.getByLabel("How many").inputValue()).toBe("");
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("makes two adjustments of two, though the first was cancelled while it was on its way", async () => {
  const { page, app, complaints } = await openAt("/app/customers");
  await app.locator("a[href*='/app/customers/']").first().click();
  const adjust = async (amount: string, reason: string) => {
    await app.getByRole("button", { name: "Adjust points" }).click();
    await app.getByLabel("How many").fill(amount);
    await app.getByLabel("Reason").fill(reason);
    await app.getByRole("button", { name: "Give points" }).click();
  };
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let sent = 0;
  await page.route(/\/app\/customers\//, async (route) => {
    if (route.request().method() === "POST" && sent++ === 0) await held;
    await route.continue();
  });
  await adjust("7", "Sorry for the wait");
  await app.getByRole("button", { name: "Cancel" }).click();
  await adjust("5", "Thank you");
  await app.getByText("Thank you").waitFor();
  goOn();
  await app.getByText("Sorry for the wait").waitFor();
  expect(sent).toBe(2);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("reads a customer's statement on a phone without moving it sideways", async () => {
  const { page, app, complaints } = await openAt("/app/customers", 390);
  await app.locator("a[href*='/app/customers/']").first().click();
  await app.getByRole("button", { name: "Adjust points" }).click();
  await app.getByLabel("How many").fill("3");
  await app.getByLabel("Reason").fill("Welcome to the club");
  await app.getByRole("button", { name: "Give points" }).click();
  await app.getByText("Welcome to the club").waitFor();
  // Without bringing it into view: that would move what is wider than the phone.
  const box = await app.getByText(/^Balance [\d,]+$/).first().boundingBox();
  expect((box?.x ?? 999) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
  await show(page, "statement-phone");
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("adds a tier", async () => {
  const { page, app, complaints } = await openAt("/app/earning");
  await app.getByRole("button", { name: "Add tier" }).click();
  await app.getByLabel("Name", { exact: true }).fill("Platinum");
  await app.getByLabel("Reached with").fill("9000");
  await app.getByLabel("Earns").fill("3");
  await app.getByRole("button", { name: "Save" }).click();
  await app.getByRole("button", { name: "Edit Platinum" }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("looks for differences, sees one come without loading the page again, and settles it", async () => {
  const store = `${new URL(stage.addresses.admin).origin}/store/scrip-demo`;
  const discounts = (await (await fetch(`${store}/data/discounts`)).json()) as { id: string; status: string }[];
  const id = discounts.find(({ status }) => /^active$/i.test(status))?.id.split("/").at(-1);
  const { page, app, complaints } = await openAt("/app/activity?view=differences", 390);
  expect(await app.getByLabel("Show").locator("option:checked").textContent()).toBe("Differences");
  const ended = await fetch(`${store}/control/discounts/${id}/end`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  expect(ended.status).toBe(200);

  await app.getByRole("button", { name: "Look now" }).click();
  await app.getByText("A discount was switched off in Shopify").waitFor();
  await show(page, "activity");
  await app.getByRole("button", { name: /^Restore / }).click();
  await show(page, "restore");
  await app.getByRole("dialog").getByRole("button", { name: "Restore", exact: true }).click();
  await app.getByText("A discount was switched off in Shopify").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("reads on an award's page why a use was undone, whole, beside the other cards", async () => {
  const { page, app, complaints } = await openAt("/app/redemptions");
  const row = app.getByRole("row").filter({ hasText: "€5 off your next order" }).filter({ hasText: "Redeemed" }).first();
  const order = (await row.getByText(/^#\d+$/).textContent()) ?? "";
  const store = `${new URL(stage.addresses.admin).origin}/store/scrip-demo`;
  const orders = (await (await fetch(`${store}/data/orders`)).json()) as { id: string; name: string }[];
  const id = orders.find(({ name }) => name === order)?.id.split("/").at(-1);
  const cancelled = await fetch(`${store}/control/orders/${id}/cancel`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  expect(cancelled.status).toBe(200);

  const undone = app.getByRole("row").filter({ hasText: order }).getByText(/Order (cancelled|refunded)$/);
  await expect
    .poll(async () => {
      await page.goto(`${stage.strictAdmin}/app/awards/awd_1`);
      await app.getByRole("heading", { name: "Redemptions" }).waitFor();
      return undone.count();
    }, { timeout: 20_000, interval: 1000 })
    .toBe(1);
  // What does not fit a table is cut: the words must end where the table does, or before.
  const table = await app.getByRole("table").filter({ hasText: order }).locator("xpath=..").boundingBox();
  const words = await undone.boundingBox();
  expect((words?.x ?? 9999) + (words?.width ?? 0)).toBeLessThanOrEqual((table?.x ?? 0) + (table?.width ?? 0));
  await show(page, "undone");
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("comes to a rule of earning by its button, and out of an address that is no page by the navigation", async () => {
  const { page, app, complaints } = await openAt("/app/earning");
  await app.getByRole("link", { name: "Edit Coffee counts double" }).click();
  await app.getByRole("heading", { name: "Coffee counts double" }).waitFor();
  expect(complaints).toEqual([]);

  await page.goto(`${stage.strictAdmin}/app/nowhere`);
  await app.getByRole("heading", { name: "This page does not exist" }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Redemptions" }).click();
  await app.getByRole("heading", { name: "Redemptions" }).first().waitFor();
  await page.context().close();
});

it("keeps a code that was refused in its field to be corrected, and empties the form once it was added", async () => {
  const { page, app, complaints } = await openAt("/app/awards/awd_1/codes");
  await app.getByLabel("How to add them").selectOption("type");
  await app.getByLabel("Code", { exact: true }).fill("HELLO AGAIN");
  await app.getByLabel("Uses").fill("2");
  await app.getByRole("button", { name: "Add code" }).click();
  await app.getByText("No code was added").waitFor();
  await show(page, "code-refused");
  expect(await app.getByLabel("Uses").inputValue()).toBe("2");

  expect(await app.getByLabel("Code", { exact: true }).inputValue()).toBe("HELLO AGAIN");
  await app.getByLabel("Code", { exact: true }).fill("HELLO-AGAIN");
  await app.getByRole("button", { name: "Add code" }).click();
  await app.getByText("1 code added").waitFor();
  await expect.poll(() => app.getByLabel("Code", { exact: true }).inputValue()).toBe("");
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("says of a list that its address narrows by what, and takes it off with the filter", async () => {
  const { page, app, complaints } = await openAt("/app/redemptions?award=awd_2");
  await app.getByText("Award awd_2").first().waitFor();
  await show(page, "narrowed");
  // Who came to read is not put into a field; on a phone its keyboard would cover the list.
  const search = app.getByPlaceholder("Search by order, code or customer");
  const isSearchFocused = () => search.evaluate((field) => field === document.activeElement);
  expect(await isSearchFocused()).toBe(false);
  expect(await app.getByRole("link", { name: "€5 off your next order" }).count()).toBe(0);
  await app.getByRole("button", { name: "Cancel" }).click();
  await app.getByRole("link", { name: "€5 off your next order" }).first().waitFor();
  await app.getByRole("button", { name: /^Search and filter/ }).click();
  await expect.poll(isSearchFocused).toBe(true);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("comes to an award just made without breaking off what was being read, and sees every column beside a long name", async () => {
  const name = "Ten euros off for everybody in the Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau, as a thank you";
  const { page, app, complaints } = await openAt("/app/awards/new");
  const brokenOff: string[] = [];
  page.on("requestfailed", (request) => brokenOff.push(request.url()));
  // Slow enough that a page left too early is always seen.
  await page.route(/awards\/new\.data/, async (route) => {
    await setTimeout(300);
    await route.continue();
  });
  await app.getByLabel("Name", { exact: true }).fill(name);
  await app.getByLabel("Value", { exact: true }).fill("10");
  await app.getByRole("textbox", { name: "Price" }).fill("100");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/awd_\d+/);
  await app.getByRole("heading", { name }).waitFor();
  expect(brokenOff).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  const isWhole = () => app.getByRole("heading", { level: 1 }).evaluate(({ scrollWidth, ownerDocument }) => scrollWidth <= ownerDocument.documentElement.clientWidth);
  await expect.poll(isWhole, { message: "a long word of the title breaks on a phone" }).toBe(true);
  await show(page, "long-word-phone");
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${stage.strictAdmin}/app/awards`);
  const status = await app.getByRole("row").filter({ hasText: name }).getByText("Active").boundingBox();
  expect((status?.x ?? 9999) + (status?.width ?? 0)).toBeLessThanOrEqual(1280);
  await show(page, "long-name");
  expect(complaints).toEqual([]);
  await page.context().close();
});

it("keeps what was typed when a save is not answered, says so, and saves it the second time", async () => {
  const { page, app } = await openAt("/app/awards/new");
  await app.getByLabel("Name", { exact: true }).fill("Half an hour of work");
  await app.getByLabel("Value", { exact: true }).fill("10");
  await app.getByRole("textbox", { name: "Price" }).fill("100");
  let isReachable = false;
  await page.route(/\/app\/awards\/new/, (route) => (route.request().method() === "POST" && !isReachable ? route.abort() : route.continue()));
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("No answer came").waitFor();
  await show(page, "not-answered");
  expect(await app.getByLabel("Name", { exact: true }).inputValue()).toBe("Half an hour of work");

  isReachable = true;
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/awd_\d+/);
  await app.getByRole("heading", { name: "Half an hour of work" }).waitFor();
  await page.context().close();
});

it("is asked before awards are archived from the list, and keeps them on a cancel", async () => {
  const { page, app, complaints } = await openAt("/app/awards");
  const row = (name: string) => app.getByRole("row").filter({ hasText: name });
  const names = ["Neighbours’ market, €15 off", "€3 off at the till"];
  for (const name of names) await row(name).getByRole("checkbox").check({ force: true });
  const archive = app.getByRole("button", { name: "Archive", exact: true });
  await archive.click();
  const dialog = app.getByRole("dialog");
  await app.getByText("Archive 2 awards?").waitFor();
  await show(page, "archive-awards");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "hidden" });
  for (const name of names) expect(await row(name).count()).toBe(1);

  await archive.click();
  await dialog.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByText("2 awards archived").waitFor();
  for (const name of names) await row(name).waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
  await page.context().close();
});
