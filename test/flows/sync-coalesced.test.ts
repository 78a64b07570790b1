/** Many changes of one thing are told once, and one that comes while it is being told is told after it. */
import { afterEach, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { updateAward } from "#app/domain/awards/update.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import { draftOf } from "#test/award-draft.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
afterEach(() => world.close());

async function rename(name: string): Promise<void> {
  const award = await prisma.award.findFirstOrThrow({ where: { shopId: world.shopId } });
  expect(await updateAward(world.shopId, award.number, { ...draftOf({ name }), startsAt: award.startsAt }, award.updatedAt, world.now())).toEqual({ outcome: "updated" });
}

it("tells Shopify of an award's last name only, and of a name that was given while it was told of the one before", async () => {
  let updates = 0;
  let meanwhile: string | null = null;
  world = await openWorld({
    openAdmin: (domain) => {
      const port = openAdmin(domain);
      return {
        async call(operation, variables) {
          if (operation.name !== "updateBasic") return port.call(operation, variables);
          updates++;
          const name = meanwhile;
          meanwhile = null;
          if (name !== null) await rename(name);
          return port.call(operation, variables);
        },
      };
    },
  });
  await createAward(world.shopId, draftOf(), { source: "generated", stockTarget: 2 }, world.now());
  await world.settle();
  const title = () => [...world.shop.discounts.values()].map((discount) => discount.title);

  for (const name of ["Autumn", "Advent", "Winter"]) await rename(name);
  expect(await prisma.change.count({ where: { shopId: world.shopId, kind: "put_discount", status: "pending" } })).toBe(1);
  await world.settle();
  expect(updates).toBe(1);
  expect(title()).toEqual(["Winter"]);

  meanwhile = "Spring";
  await rename("Carnival");
  await world.settle();
  expect(updates).toBe(3);
  expect(title()).toEqual(["Spring"]);
  expect(await prisma.change.count({ where: { shopId: world.shopId, status: "pending" } })).toBe(0);
});
