/** An award for everybody in a segment of the shop's customers, as Shopify knows them. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { issueToSegment } from "#app/domain/imports/issue-to-segment.server.ts";
import { findImport } from "#app/domain/imports/queries.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { gid, type Gid } from "#app/lib/gid.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import type { AdminResult } from "#app/shopify/operation.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { openWorld, type World } from "#test/world.ts";

let world: World;
/** Few are given: most of the many members are told that there are no more, which takes no time. */
const GIVEN = 10;

beforeEach(async () => {
  world = await openWorld();
  // One code for everybody: what Shopify is told of it takes no time.
  const created = await createAward(world.shopId, draftOf({ pointsPrice: null, usesPerCode: null, issuesPerCustomer: 1, issuesTotal: GIVEN }), { source: "single", code: "GOLD" }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created));
  await world.settle();
});
afterEach(() => world.close());

const GOLD: Gid<"Segment"> = gid("Segment", 7);

/** So many customers with the tag, and one without. */
function invite(count: number, tag = "gold") {
  // That they signed up is told to nobody: it takes long, and is not what these stories are about.
  world.shop.webhooks.turn({ drop: 1 });
  world.shop.state.segments.set(GOLD, { gid: GOLD, name: "Gold", query: "customer_tags CONTAINS 'gold'", createdAt: "2026-11-01T00:00:00Z" });
  world.shop.addCustomer({ firstName: "Bruno", tags: ["silver"] });
  return Array.from({ length: count }, (_, index) => world.shop.addCustomer({ firstName: `Member ${index}`, tags: [tag] }).gid);
}

async function give(requestKey = "november") {
  const begun = await issueToSegment(world.shopId, { awardNumber: 1, segmentGid: GOLD, distributed: true, name: "Gold members", requestKey }, world.now());
  if (begun.outcome !== "started") throw new Error(begun.message);
  return begun.importId;
}

const issued = () => prisma.issuance.count({ where: { shopId: world.shopId, status: "open" } });

describe("an award for a segment", () => {
  it("reaches every member once, over several pages, and nobody else", async () => {
    const members = invite(260);
    const importId = await give();
    expect(await give()).toBe(importId);
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "staging" });
    await world.settle();
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "applied", rowsCount: 260, appliedCount: GIVEN, fates: { coupon_max_reached: 260 - GIVEN } });
    const asked = await prisma.$queryRaw<{ gid: string }[]>`
      SELECT k."gid" FROM "ImportRow" r JOIN "Customer" k ON k."shopId" = r."shopId" AND k."id" = r."customerId" WHERE r."shopId" = ${world.shopId}`;
    expect(asked.map(({ gid }) => gid).sort()).toEqual([...members].sort());
  });

  it("given again next month gives only what the rules allow, and says of each why not", async () => {
    invite(3);
    await give();
    await world.settle();
    const second = await give("december");
    await world.settle();
    expect(await findImport(world.shopId, second)).toMatchObject({ status: "applied", appliedCount: 0, fates: { generic_twice: 3 } });
    expect(await issued()).toBe(3);
  });

  it.each([
    ["after the first page was stored", 1],
    ["before any was", 0],
  ])("goes on where it stood when the worker crashed %s", async (_, pages) => {
    invite(260);
    const importId = await give();
    let calls = 0;
    const crashing: typeof openAdmin = (domain) => {
      const port = openAdmin(domain);
      return {
        call(operation, variables) {
          if (operation.name === "segmentMembers" && calls++ === pages) return Promise.reject(new Error("the worker was killed"));
          return port.call(operation, variables);
        },
      };
    };
    await pushChanges(openSync({ clock: world.now, sleep: world.sleep, openAdmin: crashing }), world.shopId);
    expect(await prisma.importRow.count({ where: { shopId: world.shopId, importId } })).toBe(pages * 250);
    await world.settle();
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "applied", rowsCount: 260, appliedCount: GIVEN });
    expect(await issued()).toBe(GIVEN);
  });

  it("stores a page once whose answer was read twice", async () => {
    invite(260);
    const importId = await give();
    const twice: typeof openAdmin = (domain) => {
      const port = openAdmin(domain);
      const remembered = new Map<string, AdminResult<never>>();
      return {
        async call(operation, variables) {
          const key = `${operation.name} ${JSON.stringify(variables)}`;
          const result = remembered.get(key) ?? (await port.call(operation, variables));
          if (operation.name === "segmentMembers") remembered.set(key, result as AdminResult<never>);
          return result;
        },
      };
    };
    const sync = openSync({ clock: world.now, sleep: world.sleep, openAdmin: twice });
    await Promise.all([pushChanges(sync, world.shopId), pushChanges(sync, world.shopId)]);
    await world.settle();
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "applied", rowsCount: 260, appliedCount: GIVEN });
  });

  it("with nobody in it ends with that reason", async () => {
    invite(0);
    const importId = await give();
    await world.settle();
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "failed", problem: "Nobody is in this segment." });
  });

  it("that Shopify does not know ends with that reason", async () => {
    const importId = await give();
    await world.settle();
    expect(await findImport(world.shopId, importId)).toMatchObject({ status: "failed", problem: expect.stringContaining("Segment does not exist") });
  });

  it("of an award that does not exist is refused at once", async () => {
    expect(await issueToSegment(world.shopId, { awardNumber: 9, segmentGid: GOLD, distributed: true, name: "Gold", requestKey: "x" }, world.now())).toMatchObject({ outcome: "refused" });
  });
});
