/** How an app comes by its tokens, and how it does not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchangeOf, type Harness, startHarness } from "./harness";

const TOKEN_PATH = "/admin/oauth/access_token";
const SHOP = `{ shop { name } }`;

let harness: Harness;
let now = new Date("2026-11-20T12:00:00Z");

beforeAll(async () => {
  harness = await startHarness({ clock: () => now });
});

afterAll(() => harness.close());

const exchange = (token: string, overrides?: Record<string, unknown>) => harness.post(TOKEN_PATH, exchangeOf(token, overrides));
const ask = (token: unknown) => harness.post("/admin/api/2026-07/graphql.json", { query: SHOP }, { "x-shopify-access-token": String(token) });
const refresh = (token: unknown) => harness.post(TOKEN_PATH, { client_id: "key", client_secret: "secret", grant_type: "refresh_token", refresh_token: token });

describe("token exchange", () => {
  test("an ID token buys an offline token that expires, with one to refresh it", async () => {
    const { status, body } = await exchange(harness.shop.idToken());
    expect(status).toBe(200);
    expect(body).toMatchObject({ scope: "write_discounts,read_orders,read_customers,read_products", expires_in: 3600, refresh_token_expires_in: 7_776_000 });
    expect((await ask(body["access_token"])).status).toBe(200);
  });

  test("without expiring=1 the offline token lasts, and can be changed for one that expires", async () => {
    const { body } = await exchange(harness.shop.idToken(), { expiring: "0" });
    expect(body).not.toHaveProperty("refresh_token");
    const offline = "urn:shopify:params:oauth:token-type:offline-access-token";
    const migrated = await exchange(String(body["access_token"]), { subject_token_type: offline });
    expect(migrated.body).toHaveProperty("refresh_token");
    expect((await ask(body["access_token"])).status).toBe(401);
  });

  test("an online token names the person", async () => {
    const { body } = await exchange(harness.shop.idToken(), { requested_token_type: "urn:shopify:params:oauth:token-type:online-access-token" });
    expect(body).toMatchObject({ associated_user: { account_owner: true, email: "mara@example.com" } });
  });

  test.each([
    ["expired", () => harness.shop.idToken({ exp: now.getTime() / 1000 - 60 })],
    ["of another app", () => harness.shop.idToken({ aud: "another" })],
    ["of another shop", () => harness.store.shop("elsewhere.myshopify.com").idToken()],
    ["signed by somebody else", () => harness.shop.idToken({ secret: "guessed" })],
    ["nonsense", () => "not.a.token"],
  ])("an ID token that is %s is refused", async (_how, token) => {
    const { status, body } = await exchange(token());
    expect([status, body["error"]]).toEqual([400, "invalid_subject_token"]);
  });

  test("a client with the wrong secret is nobody", async () => {
    const { status, body } = await exchange(harness.shop.idToken(), { client_secret: "wrong" });
    expect([status, body["error"]]).toEqual([401, "invalid_client"]);
  });
});

describe("refreshing", () => {
  test("a token that expired is refused until it is refreshed", async () => {
    const { body } = await exchange(harness.shop.idToken());
    now = new Date(now.getTime() + 3_601_000);
    expect((await ask(body["access_token"])).status).toBe(401);
    const refreshed = await refresh(body["refresh_token"]);
    expect((await ask(refreshed.body["access_token"])).status).toBe(200);
  });

  test("a lost answer locks nobody out: the old refresh token works until the new one has been used", async () => {
    const { body } = await exchange(harness.shop.idToken());
    await refresh(body["refresh_token"]);
    const second = await refresh(body["refresh_token"]);
    expect(second.status).toBe(200);
    expect((await refresh(second.body["refresh_token"])).status).toBe(200);
    expect((await refresh(body["refresh_token"])).body["error"]).toBe("invalid_grant");
  });

  test("two processes that refresh at once: whoever comes after the new token was used is refused, and must look what the other got", async () => {
    const first = (await exchange(harness.shop.idToken())).body;
    const refreshed = await refresh(first["refresh_token"]);
    expect(refreshed.status).toBe(200);
    expect((await ask(refreshed.body["access_token"])).status).toBe(200);
    expect(await refresh(first["refresh_token"])).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    // The other's token goes on.
    expect((await ask(refreshed.body["access_token"])).status).toBe(200);
    expect((await refresh(refreshed.body["refresh_token"])).status).toBe(200);
  });

  test("two that refresh before either was used: the later pair counts, and the earlier one is dead", async () => {
    const first = (await exchange(harness.shop.idToken())).body;
    const [one, two] = [await refresh(first["refresh_token"]), await refresh(first["refresh_token"])];
    expect((await ask(one.body["access_token"])).status).toBe(401);
    expect((await ask(two.body["access_token"])).status).toBe(200);
    expect((await refresh(one.body["refresh_token"])).status).toBe(400);
  });

  test("uninstalling ends every token at once", async () => {
    const { body } = await exchange(harness.shop.idToken());
    harness.shop.uninstall();
    expect((await ask(body["access_token"])).status).toBe(401);
    expect((await refresh(body["refresh_token"])).status).toBe(400);
  });
});
