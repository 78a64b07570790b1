/** Discounts changed by hand in Shopify's admin, and what the app is told of them and of its own changes. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDiscount, type Harness, startHarness } from "./harness";
import { DEFAULT_TOPICS } from "./store";

let harness: Harness;
const now = new Date("2026-11-20T12:00:00Z");

beforeAll(async () => {
  const topics = [...DEFAULT_TOPICS, "discounts/create", "discounts/update", "discounts/delete", "discounts/redeemcode_added", "discounts/redeemcode_removed"];
  harness = await startHarness({ clock: () => now, topics });
  harness.shop.configure({ timeZone: "America/Toronto" });
});

beforeEach(told);

afterAll(() => harness.close());

/** What the app was told since it was last asked. */
async function told(): Promise<{ topic: string; body: Record<string, unknown> }[]> {
  while (await harness.shop.webhooks.deliver()) continue;
  return harness.heard.splice(0).map(({ headers, body }) => ({ topic: String(headers["x-shopify-topic"]), body }));
}

test("the app is told of what it makes and changes itself", async () => {
  const id = await createDiscount(harness, { code: "OWN" });
  expect(await told()).toEqual([
    { topic: "discounts/create", body: { admin_graphql_api_id: id, title: "Ten off", status: "ACTIVE", created_at: "2026-11-20T07:00:00-05:00", updated_at: "2026-11-20T07:00:00-05:00" } },
  ]);
  await harness.graphql(`mutation ($id: ID!) { discountRedeemCodeBulkAdd(discountId: $id, codes: [{ code: "OWN-2" }, { code: "own" }]) { userErrors { message } } }`, { id });
  const gid = harness.shop.findCode("OWN-2")?.gid;
  expect(await told()).toEqual([{ topic: "discounts/redeemcode_added", body: { admin_graphql_api_id: id, redeem_code: { id: gid, code: "OWN-2" }, updated_at: "2026-11-20T12:00:00.000Z" } }]);
  await harness.graphql(`mutation ($id: ID!) { discountCodeDeactivate(id: $id) { userErrors { message } } }`, { id });
  await harness.graphql(`mutation ($id: ID!) { discountCodeDeactivate(id: $id) { userErrors { message } } }`, { id });
  expect(await told()).toMatchObject([{ topic: "discounts/update", body: { admin_graphql_api_id: id, status: "EXPIRED" } }]);
  await harness.graphql(`mutation ($id: ID!) { discountCodeDelete(id: $id) { deletedCodeDiscountId } }`, { id });
  expect(await told()).toEqual([{ topic: "discounts/delete", body: { admin_graphql_api_id: id, deleted_at: "2026-11-20T07:00:00-05:00" } }]);
});

test("a merchant ends a discount, begins it again, and changes what it gives", async () => {
  const id = await createDiscount(harness, { code: "BY-HAND", endsAt: "2027-01-01T00:00:00Z" });
  await told();
  expect(harness.shop.deactivateDiscount(id).endsAt).toBe("2026-11-20T12:00:00Z");
  expect(harness.shop.activateDiscount(id).endsAt).toBeNull();
  const changed = harness.shop.changeDiscount(id, {
    customerGets: { value: { percentage: 0.5 } },
    minimumRequirement: { subtotal: { greaterThanOrEqualToSubtotal: "30.00" } },
    endsAt: "2026-12-24T00:00:00Z",
  });
  expect(changed).toMatchObject({ gets: { value: { type: "percentage", percentage: 0.5 } }, minimum: { subtotal: "30.00" }, endsAt: "2026-12-24T00:00:00Z" });
  expect((await told()).map(({ topic, body }) => [topic, body["status"]])).toEqual([
    ["discounts/update", "EXPIRED"],
    ["discounts/update", "ACTIVE"],
    ["discounts/update", "ACTIVE"],
  ]);
  expect(() => harness.shop.changeDiscount(id, { endsAt: "2020-01-01T00:00:00Z" })).toThrow("Ends at needs to be after starts_at");
  expect(await told()).toEqual([]);
});

test("codes added and removed by hand are told one by one; a deleted discount takes its codes along silently", async () => {
  const id = await createDiscount(harness, { code: "HAND-1" });
  await told();
  harness.shop.addCodes(id, ["HAND-2", "HAND-3"]);
  const removed = harness.shop.findCode("hand-2");
  harness.shop.removeCode("hand-2");
  expect(harness.shop.codesOf(id)).toEqual(["HAND-1", "HAND-3"]);
  expect(await told()).toMatchObject([
    { topic: "discounts/redeemcode_added", body: { redeem_code: { code: "HAND-2" } } },
    { topic: "discounts/redeemcode_added", body: { redeem_code: { code: "HAND-3" } } },
    { topic: "discounts/redeemcode_removed", body: { admin_graphql_api_id: id, redeem_code: { id: removed?.gid, code: "HAND-2" } } },
  ]);
  expect(() => harness.shop.addCodes(id, ["hand-3"])).toThrow("must be unique");
  harness.shop.deleteDiscount(id);
  expect(harness.shop.findCode("HAND-3")).toBeNull();
  expect((await told()).map(({ topic }) => topic)).toEqual(["discounts/delete"]);
});
