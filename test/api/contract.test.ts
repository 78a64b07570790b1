/** Every call answers what the served document promises, when it succeeds and when it is refused. */
import { Ajv2020, type AnySchema, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_ERRORS } from "#app/contract/api/errors.ts";
import type { Operation } from "#app/contract/api/operation.ts";
import { OPERATIONS } from "#app/contract/api/operations.ts";
import { lockMinutes, storedCodes } from "#app/domain/coupons/use.ts";
import { call, newIntegrator, newMember, openApiServer, type Answer, type ApiServer } from "./integrator.ts";

interface Described {
  operationId: string;
  responses: Record<string, { headers: object; content: Partial<Record<string, { schema: AnySchema }>>; "x-reasons"?: string[] }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: { Error: AnySchema } };
}

let server: ApiServer;
let document: Document;
beforeAll(async () => {
  server = await openApiServer();
  document = (await call(`${server.url}/api/openapi.json`)).body as unknown as Document;
});
afterAll(() => server.close());

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

/** Fails unless the answer is of the form that the document has for the call and status. */
function expectPromised(operation: Described, { status, body, text, headers }: Answer): void {
  const promised = operation.responses[status];
  expect(promised, `${operation.operationId} answered ${status}, which the document does not have: ${JSON.stringify(body)}`).toBeDefined();
  const key = status === 200 ? operation.operationId : "Error";
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  const schema = status === 200 ? promised?.content[type]?.schema : document.components.schemas.Error;
  const validate = compiled.get(key) ?? ajv.compile(schema ?? false);
  compiled.set(key, validate);
  expect(validate(body ?? text), `${operation.operationId} ${status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body, null, 1)}`).toBe(true);
  if (status !== 200) expect(promised?.["x-reasons"], operation.operationId).toContain(body.reason);
  expect(headers.get("x-request-id")).toMatch(/^req_/);
  const ours = [...headers.keys()].filter((name) => /^(x-|retry-|idempotency-)/.test(name));
  expect(Object.keys(promised?.headers ?? {}).map((name) => name.toLowerCase()), `${operation.operationId} ${status}`).toEqual(expect.arrayContaining(ours));
  expect(Number(headers.get("x-ratelimit-remaining"))).toBeLessThan(Number(headers.get("x-ratelimit-limit")));
}

describe("the document", () => {
  it("is OpenAPI 3.1, names every call once, and gives every error a code of its own", () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(ids.sort()).toEqual(Object.keys(OPERATIONS).sort());
    const byCode = new Map<number, Set<string>>();
    for (const { code, message } of Object.values(API_ERRORS)) byCode.set(code, new Set([...(byCode.get(code) ?? []), message]));
    expect([...byCode.values()].filter((messages) => messages.size > 1)).toEqual([]);
  });

  it("says which answers tell when to come back, and what a repetition is known by", () => {
    const burn = document.paths["/api/v4.0/integrations/coupons/burn"]?.post?.responses;
    expect([200, 422, 429, 503].map((status) => Object.keys(burn?.[status]?.headers ?? {}).filter((name) => !name.startsWith("X-")))).toEqual([
      ["Idempotency-Replayed"], ["Idempotency-Replayed"], ["Idempotency-Replayed", "Retry-After"], ["Idempotency-Replayed", "Retry-After"],
    ]);
    expect(document.paths["/api/v4.0/integrations/coupons/validate"]?.post).toMatchObject({ "x-scope": "coupons:read", "x-scope-to-write": "coupons:write" });
  });

  it("has every field of the published form", () => {
    const schema = JSON.stringify(document.paths["/api/v4.0/integrations/coupons/{code}/validate"]);
    const fields = ["customerId", "lock", "lockReference", "lockDuration", "totalPurchaseAmount", "collectionId", "collectionsIds", "merchantId", "isValid", "valid", "dateToExpire", "discountType", "discountAmount",
      "coupon", "code", "type", "value", "usageLimit", "limitPerCustomer", "startDate", "expiryDate", "capping", "minOrderValue", "entitledProductIds", "entitledVariantIds", "entitledCollectionIds", "combinesWith"];
    expect(fields.filter((field) => !schema.includes(`"${field}"`))).toEqual([]);
  });
});

it("the limits that it names are the ones that hold", () => {
  const { shape } = OPERATIONS.validateCoupons.body;
  const codes = (count: number) => Array.from({ length: count }, (_, index) => `C-${index}`);
  const taken = (work: () => unknown) => {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  };
  for (const minutes of [0, 1, 21_600, 21_601]) expect(shape.lockDuration.safeParse(minutes).success, `${minutes} minutes`).toBe(taken(() => lockMinutes(minutes)));
  for (const count of [0, 1, 50, 51]) expect(shape.coupons.safeParse(codes(count)).success, `${count} codes`).toBe(taken(() => storedCodes(codes(count))));
});

it("every call keeps its promise", async () => {
  const integrator = await newIntegrator(server);
  const person = async () => (await newMember(integrator.shop.id, 5000)).customerId;
  const [customerId, other] = [await person(), await person()];
  const kept = { done: new Set<string>(), refused: new Set<string>() };

  /** Makes a call of the document, its parameters filled in, and holds the answer against it. */
  async function make(operationId: keyof typeof OPERATIONS, { path = {}, query = "", body, csv }: { path?: Record<string, unknown>; query?: string; body?: object; csv?: string } = {}) {
    const { method, path: template }: Operation = OPERATIONS[operationId];
    const operation = document.paths[`/api/v4.0/integrations${template}`]?.[method.toLowerCase()];
    if (!operation) throw new Error(`${operationId} is not in the document`);
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
    const answer = await integrator.call(filled + query, { method, body: csv ?? body ?? (OPERATIONS[operationId].body ? {} : undefined), ...(csv !== undefined && { headers: { "Content-Type": "text/csv" } }) });
    expectPromised(operation, answer);
    (answer.status === 200 ? kept.done : kept.refused).add(operationId);
    return answer;
  }

  await make("putLocations", { body: { locations: [{ id: "l-1", name: "Berlin", zone: "east" }] } });
  await make("putLocations");
  await make("listLocations");
  await make("listLocations", { query: "?limit=0" });
  const award = { name: "Five", kind: "fixed_amount", value: 5, pointsPrice: 100, appliedBy: "integrator", combinesWith: { orderDiscounts: true, productDiscounts: false, shippingDiscounts: false }, codes: { source: "generated", stockTarget: 20 } };
  const ruleId = (await make("createAward", { body: award })).body.ruleId;
  await make("createAward", { body: { ...award, value: 0 } });
  const shown = await make("awardDetail", { path: { ruleId } });
  await make("awardDetail", { path: { ruleId: 999 } });
  await make("updateAward", { path: { ruleId }, body: { name: "Five off", updatedAt: shown.body.updatedAt } });
  await make("updateAward", { path: { ruleId }, body: { name: "Six off", updatedAt: shown.body.updatedAt } });
  await make("setAwardStatus", { path: { ruleId }, body: { status: "active" } });
  await make("setAwardStatus", { path: { ruleId: 999 }, body: { status: "active" } });
  await make("duplicateAward", { path: { ruleId }, body: { codes: { source: "pasted", codes: ["SUCC-1"] } } });
  await make("duplicateAward", { path: { ruleId: 999 }, body: { codes: { source: "pasted", codes: ["SUCC-2"] } } });
  await make("addCodes", { path: { ruleId }, body: { codes: { source: "generated", count: 3 } } });
  await make("addCodes", { path: { ruleId: 999 }, body: { codes: { source: "generated", count: 3 } } });
  await make("awardStock", { path: { ruleId } });
  await make("awardStock", { path: { ruleId: 999 } });
  await make("changeStock", { path: { ruleId }, body: { stockTarget: 60, lowStockAt: 10 } });
  await make("changeStock", { path: { ruleId }, body: { lowStockAt: 59 } });
  const single = (await make("createAward", { body: { ...award, codes: { source: "single", code: "DAILY-1" } } })).body.ruleId;
  await make("replaceCode", { path: { ruleId: single }, body: { code: "daily-2", replaces: "DAILY-1" } });
  await make("replaceCode", { path: { ruleId: single }, body: { replaces: "DAILY-1" } });
  await make("listAwards");
  await make("listAwards", { query: "?cursor=nonsense" });

  const bought = async () => String((await make("predefined", { body: { customerId, ruleId } })).body.code);
  const [first, second, third] = [await bought(), await bought(), await bought()];
  await make("predefined", { body: { customerId: "nobody", ruleId } });
  await make("distribute", { body: { customerId, ruleId } });
  await make("distribute", { body: { customerId, ruleId: 999 } });
  await make("validateCoupon", { path: { code: first }, body: { customerId } });
  await make("validateCoupon", { path: { code: "NO-SUCH" }, body: { customerId } });
  const lockReference = (await make("validateCoupon", { path: { code: first }, query: "?lock=true", body: { customerId } })).body.lockReference;
  await make("validateCoupon", { path: { code: first }, body: { customerId, lock: true } });
  const locked = (await make("validateCoupons", { body: { customerId, coupons: [second, third], lock: true } })).body.lockReference;
  await make("validateCoupons", { body: { customerId, coupons: [second, "NO-SUCH"], lock: true } });
  await make("validateCoupons", { body: { customerId, coupons: [second, "NO-SUCH"] } });
  await make("lockDetails", { path: { lockReference } });
  await make("lockDetails", { path: { lockReference: "none" } });
  await make("burn", { body: { customerId, lockReference, transactionId: "r-1" } });
  await make("burn", { body: { customerId, lockReference, transactionId: "r-2" } });
  await make("burn", { body: { customerId, lockReference, coupons: [first], transactionId: "r-2" } });
  await make("release", { body: { lockReference: locked } });
  await make("release", { body: { lockReference } });
  await make("releaseByPath", { path: { lockReference: locked } });
  await make("releaseByPath", { path: { lockReference: "none" } });
  await make("placeOrder", { body: { customerId, orderId: 1001, totalPaid: 42.5, redemption: { couponCodes: [second] } } });
  await make("placeOrder", { body: { customerId, orderId: 1002, totalPaid: 42.5, redemption: { couponsLockReference: locked } } });
  await make("cancelOrder", { path: { orderId: 1001 } });
  await make("cancelOrder", { path: { orderId: 9999 } });
  await make("couponDetail", { path: { code: second } });
  await make("couponDetail", { path: { code: "NO-SUCH" } });
  await make("customerCoupons", { path: { customerId } });
  await make("customerCoupons", { path: { customerId: "nobody" } });
  await make("transferCoupon", { path: { code: third }, body: { customerId: other } });
  await make("transferCoupon", { path: { code: third }, body: { customerId: other } });
  await make("resendCoupon", { path: { code: third } });
  await make("resendCoupon", { path: { code: third }, body: { customerId } });
  await make("archiveCoupon", { path: { code: third } });
  await make("archiveCoupon", { path: { code: "NO-SUCH" } });
  const jobId = (await make("revokeCoupons", { body: { ruleId, mode: "unredeemed", understood: true } })).body.jobId;
  await make("revokeCoupons", { body: { ruleId, mode: "unredeemed", understood: false } });
  await make("jobDetail", { path: { jobId } });
  await make("jobDetail", { path: { jobId: "none" } });

  await make("balance", { path: { customerId } });
  await make("balance", { path: { customerId: "nobody" } });
  const holdReference = (await make("hold", { body: { customerId, pointsToHold: 10 } })).body.holdReference;
  await make("hold", { body: { customerId, pointsToHold: 1_000_000 } });
  await make("holdDetails", { path: { holdReference } });
  await make("holdDetails", { path: { holdReference: "none" } });
  await make("releaseHold", { path: { holdReference } });
  await make("releaseHold", { path: { holdReference: "none" } });
  await make("redeem", { body: { customerId, transactionId: "p-1", pointsToRedeem: 10 } });
  await make("redeem", { body: { customerId, transactionId: "p-2", holdReference } });
  await make("refund", { body: { customerId, refundTransactionId: "f-1", reverseTransactionId: "p-1" } });
  await make("refund", { body: { customerId, refundTransactionId: "f-2", reverseTransactionId: "none" } });
  await make("adjust", { body: { customerId, transactionId: "a-1", points: 5, reason: "Sorry" } });
  await make("adjust", { body: { customerId, transactionId: "a-2", points: -1_000_000, reason: "Sorry" } });
  await make("transactions", { query: `?customerId=${customerId}` });
  await make("transactions");

  const points = await make("createImport", { query: "?kind=points&fileName=points.csv", csv: `customer,points,note\n${customerId},50,Welcome\nnobody,50,Welcome\n` });
  await make("createImport", { query: "?kind=codes", csv: "code\nA-1\n" });
  const { importId } = points.body;
  await make("listImports");
  await make("listImports", { query: "?cursor=nonsense" });
  await make("importDetail", { path: { importId } });
  await make("importDetail", { path: { importId: "none" } });
  await make("importIssues", { path: { importId } });
  await make("importIssues", { path: { importId: "imp_999999" } });
  await make("applyImport", { path: { importId }, body: { mode: "all_or_nothing" } });
  await make("applyImport", { path: { importId } });
  await make("undoImport", { path: { importId } });
  await make("undoImport", { path: { importId: "none" } });
  await make("distributeToMany", { path: { ruleId }, body: { customers: [customerId, "nobody"] } });
  await make("distributeToMany", { path: { ruleId }, body: { segmentId: "7" } });
  await make("distributeToMany", { path: { ruleId }, body: { segmentId: "7", customers: [customerId] } });
  await make("distributeToMany", { path: { ruleId: 999 }, body: { customers: [customerId] } });

  const all = Object.keys(OPERATIONS).sort();
  expect([...kept.done].sort()).toEqual(all);
  expect([...kept.refused].sort()).toEqual(all);
}, 60_000);

it("an answer of the issue list is promised for each of its outcomes", () => {
  const reasons = document.paths["/api/v4.0/integrations/coupons/predefined"]?.post?.responses;
  const named = Object.values(reasons ?? {}).flatMap((response) => response["x-reasons"] ?? []);
  expect(named).toEqual(expect.arrayContaining(["insufficient_points", "coupon_expired", "customer_max_reached", "coupon_max_reached", "award_inactive", "not_started", "not_eligible", "too_soon", "out_of_codes", "discount_off", "error"]));
});
