import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uninstallShop } from "#app/domain/shops/uninstall.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gid } from "#app/lib/gid.ts";
import { givePoints, newCustomer, newShop } from "#test/factories.ts";
import { openHotServer } from "#test/hot-server.ts";

let app: Awaited<ReturnType<typeof openHotServer>>;
beforeAll(async () => void (app = await openHotServer()));
afterAll(() => app.close());

const ask = (path: string) => app.call(path, null);

/** An address as Shopify's app proxy sends it on. */
function signed(parameters: Record<string, string>, secret = "scrip-test-secret"): string {
  const all = { path_prefix: "/apps/scrip", timestamp: String(Math.floor(Date.now() / 1000)), logged_in_customer_id: "", ...parameters };
  const message = Object.entries(all).map(([name, value]) => `${name}=${value}`).sort().join("");
  const signature = createHmac("sha256", secret).update(message).digest("hex");
  return `/proxy/rewards?${new URLSearchParams({ ...all, signature })}`;
}

async function member() {
  const shop = await newShop();
  const customer = await newCustomer(shop.id, { gid: gid("Customer", 7007) });
  await givePoints(shop.id, customer.id, 70);
  return { shop, as: { shop: shop.domain, logged_in_customer_id: "7007" } };
}

describe("a theme that shows points", () => {
  it("gets those of the customer who is logged in", async () => {
    const { as } = await member();
    expect(await ask(signed(as))).toMatchObject({ status: 200, body: { state: "member", points: 70 } });
  });

  it("gets nobody's for a visitor who writes a customer into the address", async () => {
    const { shop } = await member();
    const parameters = { shop: shop.domain, path_prefix: "/apps/scrip", timestamp: String(Math.floor(Date.now() / 1000)) };
    const message = Object.entries({ ...parameters, logged_in_customer_id: "7007," }).map(([name, value]) => `${name}=${value}`).sort().join("");
    const signature = createHmac("sha256", "scrip-test-secret").update(message).digest("hex");
    const query = new URLSearchParams([["logged_in_customer_id", "7007"], ["logged_in_customer_id", ""], ...Object.entries(parameters), ["signature", signature]]);
    expect(await ask(`/proxy/rewards?${query}`)).toMatchObject({ status: 401 });
  });

  it("gets nobody's for a visitor", async () => {
    const { shop } = await member();
    expect(await ask(signed({ shop: shop.domain }))).toMatchObject({ status: 200, body: { state: "guest" } });
  });

  it("gets nothing when the address was changed, is signed by another secret, or is an old one", async () => {
    const { as } = await member();
    const refused = { status: 401, body: { error: { code: "not_signed_by_shopify" } } };
    expect(await ask(signed(as).replace(/logged_in_customer_id=\d+/, "logged_in_customer_id=1"))).toMatchObject(refused);
    expect(await ask(signed(as, "another-secret"))).toMatchObject(refused);
    expect(await ask("/proxy/rewards")).toMatchObject(refused);
    expect(await ask(signed({ ...as, timestamp: "1700000000" }))).toMatchObject({ status: 401, body: { error: { code: "too_old" } } });
    expect(await ask(signed({ ...as, timestamp: "soon" }))).toMatchObject({ status: 401, body: { error: { code: "too_old" } } });
  });

  it("gets nothing from a shop that is gone or was never here", async () => {
    const { shop, as } = await member();
    await uninstallShop(prisma, shop.id, new Date());
    expect(await ask(signed(as))).toMatchObject({ status: 403 });
    expect(await ask(signed({ shop: "nobody.myshopify.com" }))).toMatchObject({ status: 403 });
  });
});
