/** The door of the Admin API: who may ask what, how much, and how Shopify says no. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CREATE_BASIC, createDiscount, type Harness, startHarness, tenOff } from "./harness";

const CODES = `query ($id: ID!) { codeDiscountNode(id: $id) { codeDiscount { ... on DiscountCodeBasic { codes(first: 10) { nodes { id code } } } } } }`;

let harness: Harness;
let elapsedMs = 0;

beforeAll(async () => {
  harness = await startHarness({ bucket: { max: 2000, restore: 100, now: () => elapsedMs } });
});

beforeEach(() => {
  elapsedMs += 60_000;
  harness.shop.faults.clear();
});

afterAll(() => harness.close());

describe("rights", () => {
  test("without a token the answer is 401, and says so in Shopify's words", async () => {
    const { status, body } = await harness.post("/admin/api/2026-07/graphql.json", { query: "{ shop { name } }" });
    expect(status).toBe(401);
    expect(body["errors"]).toContain("Invalid API key or access token");
  });

  test("a field beyond the granted scopes is refused; to write is also to read", async () => {
    const refused = await harness.graphql(`mutation { customerCreate(input: { email: "a@example.com" }) { customer { id } } }`);
    expect(refused.errors?.[0]).toMatchObject({ path: ["customerCreate"], extensions: { code: "ACCESS_DENIED" } });
    const allowed = await harness.graphql(`{ discountNodes(first: 1) { nodes { id } } }`);
    expect(allowed.errors).toBeUndefined();
  });

  test("what is not modelled says so instead of answering something", async () => {
    const { errors } = await harness.graphql(`{ shop { id weightUnit } }`);
    expect(errors?.[0]).toMatchObject({ message: "Shop.weightUnit is not supported by the local store", extensions: { code: "LOCAL_STORE_NOT_SUPPORTED" } });
  });
});

describe("cost", () => {
  test("is reserved as asked, charged as used, and shown with what is left", async () => {
    const id = await createDiscount(harness, { code: "COST" });
    elapsedMs += 60_000;
    const { extensions } = await harness.graphql(CODES, { id });
    expect(extensions?.cost).toEqual({ requestedQueryCost: 8, actualQueryCost: 5, throttleStatus: { maximumAvailable: 2000, currentlyAvailable: 1995, restoreRate: 100 } });
  });

  test("an empty bucket answers THROTTLED with HTTP 200, and time fills it", async () => {
    harness.shop.bucket.drain(5);
    const refused = await harness.graphql(CREATE_BASIC, { d: tenOff({ code: "LATER" }) });
    expect(refused.errors?.[0]?.extensions["code"]).toBe("THROTTLED");
    expect(refused.extensions?.cost).toMatchObject({ requestedQueryCost: 10, actualQueryCost: null, throttleStatus: { currentlyAvailable: 5 } });
    expect(harness.shop.findCode("LATER")).toBeNull();
    elapsedMs += 50;
    const allowed = await harness.graphql(CREATE_BASIC, { d: tenOff({ code: "LATER" }) });
    expect(allowed.errors).toBeUndefined();
  });

  test("one operation may not cost more than a thousand", async () => {
    const many = Array.from({ length: 101 }, (_, index) => `d${index}: discountCodeDelete(id: "gid://shopify/DiscountCodeNode/${index}") { deletedCodeDiscountId }`);
    const { errors } = await harness.graphql(`mutation { ${many.join(" ")} }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "MAX_COST_EXCEEDED", cost: 1010, maxCost: 1000 });
  });
});

describe("input", () => {
  test("a list of more than 250 is refused whole", async () => {
    const id = await createDiscount(harness, { code: "MANY" });
    const codes = Array.from({ length: 251 }, (_, index) => ({ code: `MANY-${index}` }));
    const { errors } = await harness.graphql(`mutation ($id: ID!, $codes: [DiscountRedeemCodeInput!]!) { discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { bulkCreation { id } } }`, { id, codes });
    expect(errors?.[0]).toMatchObject({ message: "The input array size of 251 is greater than the maximum allowed of 250.", extensions: { code: "MAX_INPUT_SIZE_EXCEEDED" } });
    expect(harness.shop.codesOf(id)).toEqual(["MANY"]);
  });

  test("variables of the wrong shape name the place", async () => {
    const { errors } = await harness.graphql(CREATE_BASIC, { d: tenOff({ usageLimit: 1.5 }) });
    expect(errors?.[0]).toMatchObject({ message: "Variable $d of type DiscountCodeBasicInput! was provided invalid value for usageLimit (Could not coerce value 1.5 to Int)", extensions: { code: "INVALID_VARIABLE" } });
  });

  test("a code that exists is refused however it is written", async () => {
    await createDiscount(harness, { code: "Twice" });
    const { data } = await harness.graphql(CREATE_BASIC, { d: tenOff({ code: "tWICE" }) });
    expect(data["discountCodeBasicCreate"]).toEqual({
      codeDiscountNode: null,
      userErrors: [{ field: ["basicCodeDiscount", "code"], message: "Code must be unique. Please try a different code.", code: "TAKEN" }],
    });
  });
});

describe("faults on order", () => {
  const create = (code: string) => harness.graphql(CREATE_BASIC, { d: tenOff({ code }) });

  test("throttled, 429 and 500 do no work, and only as often as they were ordered", async () => {
    await harness.install();
    harness.shop.faults.next({ kind: "throttled", operation: "discountCodeBasicCreate" });
    expect((await create("F-1")).errors?.[0]?.extensions["code"]).toBe("THROTTLED");
    harness.shop.faults.next({ kind: "http_500", times: 2 });
    expect((await create("F-1")).errors).toBe("Internal Server Error");
    expect((await create("F-1")).errors).toBe("Internal Server Error");
    expect(harness.shop.findCode("F-1")).toBeNull();
    expect((await create("F-1")).errors).toBeUndefined();
  });

  test("an ordered fault waits for its operation", async () => {
    harness.shop.faults.next({ kind: "http_500", operation: "discountRedeemCodeBulkAdd" });
    expect((await create("F-2")).errors).toBeUndefined();
    expect(harness.shop.faults.left).toBe(1);
  });

  test("a request without an answer does no work and stays open until the client gives up", async () => {
    harness.shop.faults.next({ kind: "timeout", operation: "discountCodeBasicCreate" });
    const waited = await Promise.race([create("F-4"), new Promise((resolve) => setTimeout(resolve, 200, "still waiting"))]);
    expect(waited).toBe("still waiting");
    expect(harness.shop.findCode("F-4")).toBeNull();
  });

  test("a lost answer leaves the work done", async () => {
    harness.shop.faults.next({ kind: "lost_answer", operation: "discountCodeBasicCreate" });
    await expect(create("F-3")).rejects.toThrow();
    expect(harness.shop.findCode("f-3")?.discount.title).toBe("Ten off");
  });
});
