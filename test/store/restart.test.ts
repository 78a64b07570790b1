/** The store as a program: it keeps its data over a stop and over a kill, and reaches its own addresses through the preload. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { APP } from "./harness";
import { type LocalStore, startStore } from "./store";

const PROGRAM = `
  import { startStore } from "./test/store/store.ts";
  const store = await startStore({ apiKey: "key", apiSecret: "secret", appUrl: "http://127.0.0.1:9", scopes: [], stateFile: process.env.STATE });
  const shop = store.shop("kept.myshopify.com");
  shop.addCustomer({ firstName: "Amira", email: "amira@example.com" });
  const product = shop.addProduct({ title: "Tote", price: "40.00" });
  shop.placeOrder({ customerGid: null, lines: [{ variantGid: product.variants[0].gid, quantity: 2 }], discountCodes: [] });
  console.log("ready");
`;

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
});

afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const open = (): Promise<LocalStore> => startStore({ ...APP, appUrl: "http://127.0.0.1:9", scopes: [], stateFile: join(folder, "state.json") });

/** Runs a program and resolves with its first line. */
function run(args: string[], env: Record<string, string>): Promise<string> {
  const started = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  child = started;
  return new Promise((resolve, reject) => {
    started.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim()));
    started.once("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
}

test("a store that is closed and opened again has everything", async () => {
  const first = await open();
  const shop = first.shop("kept.myshopify.com");
  shop.configure({ currency: "JPY" });
  shop.addCustomer({ firstName: "Amira" });
  shop.webhooks.turn({ duplicate: 0.5 });
  await first.close();
  const second = await open();
  const again = second.shop("kept.myshopify.com");
  expect([...again.customers.values()].map((customer) => customer.firstName)).toEqual(["Amira"]);
  expect([again.currency, again.webhooks.knobs.duplicate]).toEqual(["JPY", 0.5]);
  await second.close();
});

test("a store that is killed loses at most the last second", async () => {
  await run(["--import", "tsx", "--input-type=module", "--eval", PROGRAM], { STATE: join(folder, "state.json") });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child?.kill("SIGKILL");
  const store = await open();
  const shop = store.shop("kept.myshopify.com");
  expect([shop.customers.size, shop.products.size, shop.orders.size, shop.webhooks.pending.length]).toEqual([1, 1, 1, 2]);
  await store.close();
});

test("a port in use is said at once", async () => {
  const first = await open();
  await expect(startStore({ ...APP, appUrl: "http://127.0.0.1:9", scopes: [], port: first.port })).rejects.toThrow(/EADDRINUSE/);
  await first.close();
});

test("with the preload, a program's own fetch reaches Shopify's addresses at the store", async () => {
  const store = await open();
  const program = `const answer = await fetch("https://any-shop.myshopify.com/admin/api/2026-07/graphql.json", { method: "POST", body: "{}" }); console.log(answer.status, await answer.text());`;
  const line = await run(["--import", "./test/store/redirect.mjs", "--input-type=module", "--eval", program], { LOCAL_STORE_PORT: String(store.port) });
  expect(line).toMatch(/^401 .*Invalid API key/);
  await store.close();
});
