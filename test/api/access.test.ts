/** Who may call what: each call of each resource against every kind of stranger. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, type OperationName } from "#app/contract/api/operations.ts";
import type { Operation } from "#app/contract/api/operation.ts";
import { API_SCOPE_NAMES, type ApiScope } from "#app/contract/api/scopes.ts";
import { createKey } from "#app/domain/keys/create.server.ts";
import { MAX_KEYS } from "#app/domain/keys/key.server.ts";
import { listKeys } from "#app/domain/keys/queries.server.ts";
import { revokeKey } from "#app/domain/keys/revoke.server.ts";
import { uninstallShop } from "#app/domain/shops/uninstall.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { newAward, NOON } from "../factories.ts";
import { BASE, call, newIntegrator, newKey, newMember, openApiServer, type ApiServer, type Integrator } from "./integrator.ts";

let server: ApiServer;
let till: Integrator;
let neighbour: Integrator;
beforeAll(async () => {
  server = await openApiServer();
  [till, neighbour] = [await newIntegrator(server), await newIntegrator(server)];
});
afterAll(() => server.close());

const CALLS = Object.keys(OPERATIONS) as OperationName[];
const writes = (operation: Operation) => operation.writes === true;

const pairs = new Map<ApiScope, { apikey: string; secretkey: string }>();
/** A pair that may do everything but this. */
async function pairWithout(scope: ApiScope) {
  const before = pairs.get(scope);
  if (before) return before;
  const { key, secret } = await newKey(till.shop.id, API_SCOPE_NAMES.filter((each) => each !== scope));
  const pair = { apikey: key, secretkey: secret };
  pairs.set(scope, pair);
  return pair;
}

/** The call with these headers and nothing that it needs: whoever may not call is told so before what is missing. */
async function attempt(name: OperationName, headers: Record<string, string | undefined>) {
  const { method, path, body } = OPERATIONS[name] as Operation;
  const answer = await call(server.url + BASE + path.replace(/\{\w+\}/g, "1"), { method, headers, body: body ? {} : undefined });
  return [answer.status, answer.body.reason];
}

describe.each(CALLS)("%s", (name) => {
  const operation: Operation = OPERATIONS[name];

  it("is closed to strangers", async () => {
    const { apikey: key, secretkey: secret } = till.auth;
    expect(await attempt(name, {})).toEqual([401, "api_key_missing"]);
    expect(await attempt(name, { apikey: "key_nobody", secretkey: secret })).toEqual([401, "api_key_unknown"]);
    expect(await attempt(name, { apikey: `key_${"x".repeat(4000)}` })).toEqual([401, "api_key_unknown"]);
    expect(await attempt(name, { apikey: key, secretkey: "secret_wrong" })).toEqual([401, "secret_key_wrong"]);
    expect(await attempt(name, { apikey: key, secretkey: neighbour.auth.secretkey })).toEqual([401, "secret_key_wrong"]);
    const withoutSecret = await attempt(name, { apikey: key });
    if (writes(operation)) expect(withoutSecret).toEqual([401, "secret_key_missing"]);
    else expect(withoutSecret[0]).not.toBe(401);
  });

  it("is closed to a key pair without its permission", async () => {
    expect(await attempt(name, await pairWithout(operation.scope))).toEqual([403, "scope_missing"]);
  });
});

it("locking needs the secret and the permission to write, also when the address asks for it", async () => {
  const { key, secret } = await newKey(till.shop.id, ["coupons:read"]);
  const lock = async (headers: Record<string, string>, query: string, body: object) => (await call(`${server.url}${BASE}/coupons/X/validate${query}`, { headers, body })).body.reason;
  expect(await lock({ apikey: key }, "", { lock: true })).toBe("secret_key_missing");
  expect(await lock({ apikey: key }, "?lock=true", {})).toBe("secret_key_missing");
  expect(await lock({ apikey: key, secretkey: secret }, "?lock=true", {})).toBe("scope_missing");
  expect((await call(`${server.url}${BASE}/coupons/X/validate`, { headers: { apikey: key }, body: {} })).status).toBe(200);
});

it("a revoked pair is out within two seconds, and for good", async () => {
  const { id, key, secret } = await newKey(till.shop.id);
  const headers = { apikey: key, secretkey: secret };
  expect((await attempt("balance", headers))[1]).toBe("customer_unknown");
  expect(await revokeKey(neighbour.shop.id, id, NOON)).toEqual({ outcome: "not_found" });
  expect(await revokeKey(till.shop.id, id, NOON)).toEqual({ outcome: "revoked" });
  server.at(new Date(NOON.getTime() + 2_000));
  expect(await attempt("balance", headers)).toEqual([401, "api_key_unknown"]);
  server.at(NOON);
  expect(await revokeKey(till.shop.id, id, NOON)).toEqual({ outcome: "not_found" });
});

it("a shop that removed the app is closed; when it comes back the same pair works", async () => {
  const integrator = await newIntegrator(server);
  const look = async () => (await integrator.call("/awards")).body.reason;
  expect(await look()).toBeUndefined();
  await prisma.$transaction((tx) => uninstallShop(tx, integrator.shop.id, NOON));
  server.at(new Date(NOON.getTime() + 3_000));
  expect(await look()).toBe("shop_uninstalled");
  await prisma.shop.update({ where: { id: integrator.shop.id }, data: { uninstalledAt: null } });
  server.at(new Date(NOON.getTime() + 6_000));
  expect(await look()).toBeUndefined();
  server.at(NOON);
});

it("one shop's customers, coupons, locks and awards are as unknown to another's pair as things that never were", async () => {
  const { id, customerId } = await newMember(till.shop.id);
  const award = await newAward(till.shop.id);
  const code = String((await till.call("/coupons/distribute", { body: { customerId, ruleId: award.number } })).body.code);
  const { body } = await till.call(`/coupons/${code}/validate?lock=true`, { body: { customerId } });
  const lock = String(body.lockReference);
  expect(lock).toMatch(/^lock_/);

  const reasonOf = async (path: string, sending = {}) => (await neighbour.call(path, sending)).body.reason;
  expect(await reasonOf(`/customers/${customerId}/balance`)).toBe("customer_unknown");
  expect(await reasonOf(`/customers/cus_${id}/coupons`)).toBe("customer_unknown");
  expect(await reasonOf(`/coupons/${code}`)).toBe("coupon_unknown");
  expect(await reasonOf(`/coupons/${code}/resend`, { body: {} })).toBe("coupon_unknown");
  expect(await reasonOf(`/locks/${lock}`)).toBe("lock_unknown");
  expect(await reasonOf(`/awards/${award.number}`)).toBe("award_unknown");
  expect(await reasonOf("/coupons/burn", { body: { lockReference: lock, transactionId: "t" } })).toBe("lock_unknown");
  expect(await reasonOf("/coupons/release", { body: { lockReference: lock } })).toBe("lock_unknown");
  expect((await till.call(`/locks/${lock}`)).body.status).toBe("held");
  expect(await prisma.event.count({ where: { kind: "coupon.resent", shopId: { in: [till.shop.id, neighbour.shop.id] } } })).toBe(0);
});

it("nor can another's pair read, apply or undo its imports, follow its jobs, or touch its holds", async () => {
  const { customerId } = await newMember(till.shop.id, 100);
  const award = await newAward(till.shop.id);
  const file = { method: "POST", body: `customer,points\n${customerId},5\n`, headers: { "Content-Type": "text/csv" } };
  const importId = String((await till.call("/imports?kind=points", file)).body.importId);
  const hold = String((await till.call("/transactions/hold", { body: { customerId, pointsToHold: 40 } })).body.holdReference);
  const job = String((await till.call("/coupons/revoke", { body: { ruleId: award.number, mode: "not_issued", understood: true } })).body.jobId);
  expect([importId, hold, job]).toEqual([expect.stringMatching(/^imp_/), expect.stringMatching(/^pth_/), expect.stringMatching(/^job_/)]);

  const reasonOf = async (path: string, sending = {}) => (await neighbour.call(path, sending)).body.reason;
  expect(await reasonOf(`/imports/${importId}`)).toBe("import_unknown");
  expect(await reasonOf(`/imports/${importId}/issues`)).toBe("import_unknown");
  expect(await reasonOf(`/imports/${importId}/apply`, { body: {} })).toBe("import_unknown");
  expect(await reasonOf(`/imports/${importId}/undo`, { method: "POST" })).toBe("import_unknown");
  expect(await reasonOf(`/jobs/${job}`)).toBe("job_unknown");
  expect(await reasonOf(`/transactions/hold/${hold}`)).toBe("hold_unknown");
  expect(await reasonOf(`/transactions/hold/${hold}`, { method: "DELETE" })).toBe("hold_unknown");
  expect((await neighbour.call("/imports")).body).toMatchObject({ imports: [] });
  expect((await till.call(`/imports/${importId}`)).body).toMatchObject({ status: "previewed", appliedCount: 0 });
  expect((await till.call(`/transactions/hold/${hold}`)).body).toMatchObject({ holdEquivalentPoints: 40, state: "active" });
});

it("a shop has at most so many pairs in use, however many are asked for at once", async () => {
  const { shop } = await newIntegrator(server);
  const made = await Promise.all(Array.from({ length: 55 }, () => createKey(shop.id, { name: "Another", scopes: ["coupons:read"] }, NOON)));
  expect(made.filter(({ outcome }) => outcome === "created")).toHaveLength(MAX_KEYS - 1);
  expect(await listKeys(shop.id)).toHaveLength(MAX_KEYS);
});

it("the secret is kept by its hash alone, and a use is noted", async () => {
  const { id, key, secret } = await newKey(till.shop.id);
  expect((await attempt("balance", { apikey: key, secretkey: secret }))[0]).toBe(404);
  await expect.poll(async () => (await prisma.apiKey.findUniqueOrThrow({ where: { key } })).lastUsedAt).toEqual(NOON);
  const stored = await prisma.apiKey.findUniqueOrThrow({ where: { shopId_id: { shopId: till.shop.id, id } } });
  expect(Buffer.from(stored.secretHash)).toHaveLength(32);
  expect(JSON.stringify({ ...stored, id: 0, secretHash: Buffer.from(stored.secretHash).toString("latin1") })).not.toContain(secret);
});
