/** Bulk queries: everything of a kind in one file, read to its end, with all the ways in which that ends early. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CREATE_BASIC, createDiscount, type Harness, send, startHarness, tenOff } from "./harness";
import type { StoreOrder } from "./order-records";

const RUN = `mutation ($query: String!, $grouped: Boolean!) { bulkOperationRunQuery(query: $query, groupObjects: $grouped) { bulkOperation { id status } userErrors { field message code } } }`;
const LOOK = `query ($id: ID!) { bulkOperation(id: $id) { id status type errorCode objectCount rootObjectCount fileSize url partialDataUrl } }`;
const CODES = `{ codeDiscountNodes { edges { node { id codeDiscount { __typename ... on DiscountCodeBasic { title codes { edges { node { id code asyncUsageCount } } } } } } } } }`;

interface Operation {
  id: string;
  status: string;
  errorCode: string | null;
  objectCount: string;
  rootObjectCount: string;
  fileSize: string | null;
  url: string | null;
  partialDataUrl: string | null;
}

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
});

afterAll(() => harness.close());

async function begin(query: string, grouped = false) {
  const { data } = await harness.graphql(RUN, { query, grouped });
  return data["bulkOperationRunQuery"] as { bulkOperation: Operation | null; userErrors: { field: string[] | null; message: string; code: string | null }[] };
}

async function look(id: string): Promise<Operation> {
  const { data } = await harness.graphql(LOOK, { id });
  return data["bulkOperation"] as unknown as Operation;
}

/** Looks until it is over; the statuses seen, and the operation as it ended. */
async function untilOver(query: string, grouped = false): Promise<{ seen: string[]; counts: string[]; operation: Operation }> {
  const { bulkOperation, userErrors } = await begin(query, grouped);
  expect(userErrors).toEqual([]);
  const seen = [bulkOperation?.status ?? ""];
  const counts: string[] = [];
  for (let looks = 0; looks < 20; looks += 1) {
    const operation = await look(bulkOperation?.id ?? "");
    seen.push(operation.status);
    counts.push(operation.objectCount);
    if (!["CREATED", "RUNNING", "CANCELING"].includes(operation.status)) return { seen, counts, operation };
  }
  throw new Error(`still not over: ${seen.join(", ")}`);
}

async function rowsAt(url: string | null): Promise<Record<string, unknown>[]> {
  const { host, pathname } = new URL(url ?? "");
  const { status, text } = await send(harness.store.port, pathname, null, { host });
  expect(status).toBe(200);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}

test("discounts come with their codes: each row of its own, a code naming its discount", async () => {
  const spring = await createDiscount(harness, { code: "SPRING" });
  const summer = await createDiscount(harness, { code: "SUMMER" });
  await harness.graphql(`mutation ($id: ID!) { discountRedeemCodeBulkAdd(discountId: $id, codes: [{ code: "SUMMER-2" }]) { userErrors { message } } }`, { id: summer });

  const { seen, operation } = await untilOver(CODES);
  expect(seen).toEqual(["CREATED", "CREATED", "RUNNING", "COMPLETED"]);
  expect(operation).toMatchObject({ type: "QUERY", errorCode: null, objectCount: "5", rootObjectCount: "2", partialDataUrl: null });
  const rows = await rowsAt(operation.url);
  expect(rows.slice(0, 2)).toEqual([
    { id: spring, codeDiscount: { __typename: "DiscountCodeBasic", title: "Ten off" } },
    { id: summer, codeDiscount: { __typename: "DiscountCodeBasic", title: "Ten off" } },
  ]);
  expect(rows.slice(2)).toMatchObject([
    { code: "SPRING", asyncUsageCount: 0, __parentId: spring },
    { code: "SUMMER", asyncUsageCount: 0, __parentId: summer },
    { code: "SUMMER-2", asyncUsageCount: 0, __parentId: summer },
  ]);
  expect(Number(operation.fileSize)).toBeGreaterThan(200);

  const grouped = await rowsAt((await untilOver(CODES, true)).operation.url);
  expect(grouped.map((row) => row["code"] ?? "discount")).toEqual(["discount", "SPRING", "discount", "SUMMER", "SUMMER-2"]);
});

test("orders come with their lines and what each line's discounts took off", async () => {
  const tote = harness.shop.addProduct({ title: "Canvas tote", price: "40.00" });
  const order = harness.shop.placeOrder({ customerGid: null, email: "guest@example.com", lines: [{ variantGid: tote.variants[0]?.gid ?? "", quantity: 2 }], discountCodes: ["spring"] }) as StoreOrder;
  const { operation } = await untilOver(
    `{ orders(query: "updated_at:>='2020-01-01T00:00:00Z'") { edges { node { id name lineItems { edges { node { id quantity product { id } discountAllocations { allocatedAmountSet { shopMoney { amount } } discountApplication { ... on DiscountCodeApplication { code } } } } } } refunds { id } } } } }`,
  );
  expect(await rowsAt(operation.url)).toEqual([
    { id: order.gid, name: order.name, refunds: [] },
    {
      id: order.lines[0]?.gid,
      quantity: 2,
      product: { id: tote.gid },
      discountAllocations: [{ allocatedAmountSet: { shopMoney: { amount: "10.0" } }, discountApplication: { code: "SPRING" } }],
      __parentId: order.gid,
    },
  ]);
});

test.each([
  ["{ shop { name } }", "Bulk queries must contain at least one connection."],
  ["{ orders { nodes { id } } }", "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'orders { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: 'orders'."],
  ["{ orders { edges { node { id refunds { refundLineItems { edges { node { quantity } } } } } } } }", "Queries that contain a connection field within a list field are not currently supported."],
  ["{ orders { edges { node { name lineItems { edges { node { id } } } } } } }", "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. Connection fields without 'id': orders."],
  ["{ collections { edges { node { id products { edges { node { id variants { edges { node { id metafields { edges { node { id } } } } } } } } } } } } }", "Bulk queries cannot contain connections with a nesting depth greater than 2."],
  ["mutation { productCreate(product: {}) { product { id } } }", "Invalid operation type. Only `query` operations are supported."],
  ["", "Invalid bulk query: syntax error, unexpected end of file"],
])("%s is refused in Shopify's words", async (query, message) => {
  const { bulkOperation, userErrors } = await begin(query);
  expect(bulkOperation).toBeNull();
  expect(userErrors).toEqual([{ field: ["query"], message, code: "INVALID" }]);
});

test("an operation that fails half-way leaves what it had read, at another address", async () => {
  harness.shop.failNextBulk({ status: "FAILED", errorCode: "INTERNAL_SERVER_ERROR", afterRows: 3 });
  const { operation } = await untilOver(CODES);
  expect(operation).toMatchObject({ status: "FAILED", errorCode: "INTERNAL_SERVER_ERROR", objectCount: "3", url: null, fileSize: null });
  expect(await rowsAt(operation.partialDataUrl)).toHaveLength(3);

  harness.shop.failNextBulk({ status: "EXPIRED", errorCode: null, afterRows: 0 });
  expect((await untilOver(CODES)).operation).toMatchObject({ status: "EXPIRED", url: null, partialDataUrl: null });
  expect((await untilOver(CODES)).operation.status).toBe("COMPLETED");
});

test("a scope that is missing fails the operation", async () => {
  const narrow = await startHarness({ scopes: ["read_products"] });
  const { data } = await narrow.graphql(RUN, { query: CODES, grouped: false });
  const { id } = (data["bulkOperationRunQuery"] as { bulkOperation: Operation }).bulkOperation;
  await narrow.graphql(LOOK, { id });
  expect((await narrow.graphql(LOOK, { id })).data["bulkOperation"]).toMatchObject({ status: "FAILED", errorCode: "ACCESS_DENIED" });
  await narrow.close();
});

test("five run at a time, and a cancelled one makes room", async () => {
  harness.shop.state.bulkOperations.clear();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await begin(CODES)).bulkOperation?.id ?? "");
  const sixth = await begin(CODES);
  expect(sixth).toEqual({ bulkOperation: null, userErrors: [{ field: null, message: `A bulk query operation for this app and shop is already in progress: ${ids[0]}.`, code: "OPERATION_IN_PROGRESS" }] });
  const cancel = `mutation ($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } } }`;
  expect((await harness.graphql(cancel, { id: ids[0] })).data["bulkOperationCancel"]).toEqual({ bulkOperation: { status: "CANCELING" }, userErrors: [] });
  expect((await look(ids[0] ?? "")).status).toBe("CANCELED");
  expect((await harness.graphql(cancel, { id: ids[0] })).data["bulkOperationCancel"]).toMatchObject({ userErrors: [{ field: null, message: "A bulk operation cannot be canceled when it is canceled" }] });
  expect((await begin(CODES)).userErrors).toEqual([]);
});

test("many rows are read piece by piece, and none is lost between the pieces", async () => {
  const { data } = await harness.graphql(CREATE_BASIC, { d: tenOff({ code: "MANY-0" }) });
  expect(data["discountCodeBasicCreate"]).toMatchObject({ userErrors: [] });
  const id = harness.shop.findCode("MANY-0")?.discountGid ?? "";
  harness.shop.addCodes(id, Array.from({ length: 50_500 }, (_, at) => `MANY-${at + 1}`));
  harness.shop.state.bulkOperations.clear();
  const { seen, counts, operation } = await untilOver(CODES);
  expect(seen).toEqual(["CREATED", "CREATED", "RUNNING", "COMPLETED"]);
  expect(counts.slice(0, 2)).toEqual(["0", "50000"]);
  const many = (await rowsAt(operation.url)).filter((row) => row["__parentId"] === id);
  expect(new Set(many.map((row) => row["code"])).size).toBe(50_501);
  expect(many).toHaveLength(50_501);
});
