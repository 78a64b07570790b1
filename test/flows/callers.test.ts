/** Who calls is read for many at once: nobody is taken for a neighbour. */
import { expect, it } from "vitest";
import { findCaller } from "#app/domain/customers/find-caller.server.ts";
import type { Gid } from "#app/lib/gid.ts";
import { newCustomer, newShop } from "#test/factories.ts";

it("finds each caller's own shop and customer, however many call at the same moment", async () => {
  const [one, two] = [await newShop(), await newShop()];
  const [ofOne, ofTwo] = [await newCustomer(one.id), await newCustomer(two.id)];
  const gidOf = (customer: { gid: string }) => customer.gid as Gid<"Customer">;
  const callers = await Promise.all([
    ...Array.from({ length: 100 }, (_, n) => findCaller({ shopDomain: (n % 2 ? one : two).domain, customerGid: gidOf(n % 2 ? ofOne : ofTwo) })),
    findCaller({ shopDomain: one.domain, customerGid: gidOf(ofTwo) }),
    findCaller({ shopDomain: one.domain, customerGid: null }),
    findCaller({ shopDomain: "never-met.myshopify.com", customerGid: gidOf(ofOne) }),
  ]);
  callers.slice(0, 100).forEach(({ shop, customerId }, n) => expect([shop?.id, customerId]).toEqual(n % 2 ? [one.id, ofOne.id] : [two.id, ofTwo.id]));
  expect(callers.slice(100).map(({ shop, customerId }) => [shop?.id, customerId])).toEqual([[one.id, null], [one.id, null], [undefined, null]]);
  expect(callers[1]?.shop).toMatchObject({ timeZone: "Europe/Berlin", pointsName: "points", uninstalledAt: null });
});
