/** Staff make a key pair for an integrator, hand over its secret once, and take the pair out of use. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { prisma } from "#app/lib/db.server.ts";
import { publicId } from "#app/lib/ids.ts";
import * as page from "#app/routes/admin/api-keys.tsx";
import { request, resultOf } from "../merchant.ts";
import { openWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => void (world = await openWorld()));
afterAll(() => world.close());

const formOf = (fields: [string, string][]) => {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
};
const send = (...fields: [string, string][]) => resultOf(page.action({ request: request(world, "/app/api-keys", { form: formOf(fields) }), params: {}, context: {} }));
const look = async (shop = world.shop) => (await resultOf(page.loader({ request: request(world, "/app/api-keys", { shop }), params: {}, context: {} }))).body as { keys: { id: string; name: string; key: string; scopes: string[] }[] };
const call = async (pair: { key: string; secret: string }) => (await fetch(`${world.app.url}/api/v4.0/integrations/awards`, { headers: { apikey: pair.key, secretkey: pair.secret } })).status;

it("a key is made with its permissions, works, and is shut out when it is revoked", async () => {
  expect(await look()).toEqual({ keys: [] });
  const { body } = await send(["name", " Till "], ["scopes", "awards:read"], ["scopes", "coupons:read"]);
  const { pair } = body as { pair: { key: string; secret: string } };
  const [shown] = (await look()).keys;
  expect(shown).toMatchObject({ name: "Till", key: pair.key, scopes: ["awards:read", "coupons:read"] });
  expect(JSON.stringify(await look())).not.toContain(pair.secret);
  expect(await call(pair)).toBe(200);

  expect(await send(["intent", "revoke"], ["id", shown?.id ?? ""])).toMatchObject({ status: 200, body: { revoked: true } });
  expect(await look()).toEqual({ keys: [] });
  await expect.poll(() => call(pair), { timeout: 5_000 }).toBe(401);
});

it.each([
  ["no name", [["name", " "], ["scopes", "awards:read"]]],
  ["no permission", [["name", "Till"]]],
  ["a permission there is not", [["name", "Till"], ["scopes", "everything"]]],
] satisfies [string, [string, string][]][])("refuses %s", async (_name, fields) => {
  const { status, body } = await send(...fields);
  expect([status, (body as { problem: string }).problem.length > 0]).toEqual([422, true]);
});

it("another shop's staff neither see nor revoke it", async () => {
  await send(["name", "Ours"], ["scopes", "awards:read"]);
  const other = world.store.shop(`other-${world.shop.domain}`);
  await world.install(other.domain);
  expect(await look(other)).toEqual({ keys: [] });
  const { id } = await prisma.apiKey.findFirstOrThrow({ where: { shopId: world.shopId, name: "Ours" } });
  await resultOf(page.action({ request: request(world, "/app/api-keys", { shop: other, form: formOf([["intent", "revoke"], ["id", publicId("apiKey", id)]]) }), params: {}, context: {} }));
  expect((await look()).keys).toHaveLength(1);
});
