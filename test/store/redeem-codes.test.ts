/** Many codes under one discount: added in the background, each with a fate of its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDiscount, type Harness, startHarness } from "./harness";

const ADD = `mutation ($id: ID!, $codes: [DiscountRedeemCodeInput!]!) { discountRedeemCodeBulkAdd(discountId: $id, codes: $codes) { bulkCreation { id done } userErrors { field message code } } }`;
const POLL = `query ($id: ID!) { discountRedeemCodeBulkCreation(id: $id) { done codesCount importedCount failedCount codes(first: 250) { nodes { code errors { field message code } discountRedeemCode { code } } } } }`;
const REMOVE = `mutation ($id: ID!, $ids: [ID!]) { discountCodeRedeemCodeBulkDelete(discountId: $id, ids: $ids) { job { done } userErrors { message } } }`;

let harness: Harness;
let now = new Date("2026-11-20T12:00:00Z");

beforeAll(async () => {
  harness = await startHarness({ clock: () => now, bulkDelayMs: 2000 });
});

afterAll(() => harness.close());

async function add(id: string, codes: string[]): Promise<string> {
  const { data } = await harness.graphql(ADD, { id, codes: codes.map((code) => ({ code })) });
  return (data["discountRedeemCodeBulkAdd"] as { bulkCreation: { id: string } }).bulkCreation.id;
}

test("codes are live only when their creation is done; good ones are not held up by bad ones", async () => {
  const other = await createDiscount(harness, { code: "OTHERS" });
  const id = await createDiscount(harness, { code: "FIRST" });
  const creation = await add(id, ["GOOD-1", "others", "", "LINE\nBREAK", "GOOD-2", "good-1", "X".repeat(256)]);
  const before = await harness.graphql(POLL, { id: creation });
  expect(before.data["discountRedeemCodeBulkCreation"]).toMatchObject({ done: false, codesCount: 7, importedCount: 0, failedCount: 0 });
  expect(harness.shop.findCode("GOOD-1")).toBeNull();

  now = new Date(now.getTime() + 2000);
  const after = await harness.graphql(POLL, { id: creation });
  const result = after.data["discountRedeemCodeBulkCreation"] as { codes: { nodes: { code: string; errors: { message: string; code: string | null }[] }[] } };
  expect(result).toMatchObject({ done: true, importedCount: 2, failedCount: 5 });
  expect(result.codes.nodes.map((node) => node.errors[0]?.message ?? "live")).toEqual([
    "live",
    "must be unique. Please try a different code.",
    "is too short (minimum is 1 character)",
    "cannot contain newline characters.",
    "live",
    "Codes must be unique within BulkDiscountCodeCreation",
    "is too long (maximum is 255 characters)",
  ]);
  expect(result.codes.nodes.every((node) => node.errors.every((error) => error.code === null))).toBe(true);
  expect(harness.shop.codesOf(id)).toEqual(["FIRST", "GOOD-1", "GOOD-2"]);
  expect(harness.shop.codesOf(other)).toEqual(["OTHERS"]);
});

test("a code that is taken away can be given again; its use count is gone with it", async () => {
  const id = await createDiscount(harness, { code: "AWAY" });
  const gid = harness.shop.findCode("away")?.gid;
  await harness.graphql(REMOVE, { id, ids: [gid] });
  expect(harness.shop.findCode("AWAY")).toBeNull();
  await add(id, ["AWAY"]);
  now = new Date(now.getTime() + 2000);
  expect(harness.shop.findCode("AWAY")?.uses).toBe(0);
});

test("the discount's own code cannot be changed once it has many", async () => {
  const id = await createDiscount(harness, { code: "ONE-OF" });
  await add(id, ["TWO-OF"]);
  now = new Date(now.getTime() + 2000);
  const update = `mutation ($id: ID!, $d: DiscountCodeBasicInput!) { discountCodeBasicUpdate(id: $id, basicCodeDiscount: $d) { userErrors { field message code } } }`;
  const { data } = await harness.graphql(update, { id, d: { code: "NEW-ONE" } });
  expect(data["discountCodeBasicUpdate"]).toEqual({ userErrors: [{ field: ["id"], message: "Cannot update the code of a bulk discount.", code: null }] });
});

test("one code is found among many by its name, and not by another's", async () => {
  const id = await createDiscount(harness, { code: "FIND-FIRST" });
  await add(id, ["FIND-A", "FIND-B"]);
  now = new Date(now.getTime() + 2000);
  const query = `query ($id: ID!, $q: String) { codeDiscountNode(id: $id) { codeDiscount { ... on DiscountCodeBasic { codes(first: 1, query: $q) { nodes { code } } } } } }`;
  const { data } = await harness.graphql(query, { id, q: "FIND-B" });
  expect(data["codeDiscountNode"]).toEqual({ codeDiscount: { codes: { nodes: [{ code: "FIND-B" }] } } });
});

test("a long list of codes is paged to its end without a double or a gap", async () => {
  const id = await createDiscount(harness, { code: "PAGE" });
  const names = Array.from({ length: 240 }, (_, index) => `PAGE-${index}`);
  await add(id, names);
  now = new Date(now.getTime() + 2000);
  const query = `query ($id: ID!, $after: String) { codeDiscountNode(id: $id) { codeDiscount { ... on DiscountCodeBasic { codes(first: 100, after: $after) { nodes { code } pageInfo { hasNextPage endCursor } } } } } }`;
  const seen: string[] = [];
  let after: string | null = null;
  for (let round = 0; round < 5; round += 1) {
    const { data } = await harness.graphql(query, { id, after });
    const { codes } = (data["codeDiscountNode"] as { codeDiscount: { codes: { nodes: { code: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } }).codeDiscount;
    seen.push(...codes.nodes.map((node) => node.code));
    if (!codes.pageInfo.hasNextPage) break;
    after = codes.pageInfo.endCursor;
  }
  expect(seen).toEqual(["PAGE", ...names]);
});
