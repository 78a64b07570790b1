/**
 * A limit over all codes of an award holds on Shopify, which knows no such limit, by the number of codes there: whatever
 * happens in whatever order, never more of them can be used than uses remain.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAward } from "#app/domain/awards/create.server.ts";
import { archiveCoupon } from "#app/domain/coupons/archive.server.ts";
import { issueCoupon } from "#app/domain/coupons/issue.server.ts";
import { returnCoupon } from "#app/domain/coupons/return.server.ts";
import { revokeCoupons } from "#app/domain/coupons/revoke.server.ts";
import { rememberCustomer } from "#app/domain/customers/remember.server.ts";
import { prisma } from "#app/lib/db.server.ts";
import { openAdmin } from "#app/shopify/admin.server.ts";
import type { OpenAdmin } from "#app/shopify/operation.ts";
import { pushChanges } from "#app/sync/push.server.ts";
import { openSync } from "#app/tasks.ts";
import { draftOf } from "#test/award-draft.ts";
import { givePoints } from "#test/factories.ts";
import { workInbox } from "#test/hot-server.ts";
import type { FaultKind } from "#test/store/faults.ts";
import { openWorld, type World } from "#test/world.ts";

const USES = 5;
const CODES = 14;
const RUNS = 12;

type Step =
  | { do: "give" | "order" | "give back" | "archive" | "revoke the rest" | "webhooks" }
  | { do: "push"; fault: FaultKind | null; on: "discountRedeemCodeBulkAdd" | "discountCodeRedeemCodeBulkDelete" | "discountRedeemCodeBulkCreation" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>({ do: "give" }, { do: "order" }, { do: "give back" }, { do: "archive" }, { do: "webhooks" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "revoke the rest" }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("push" as const),
      fault: fc.constantFrom<FaultKind | null>(null, null, "http_500", "lost_answer", "throttled"),
      on: fc.constantFrom("discountRedeemCodeBulkAdd", "discountCodeRedeemCodeBulkDelete", "discountRedeemCodeBulkCreation"),
    }),
  },
);

let world: World;
let mug = "";
/** Looked at after each call that Shopify has answered, as a shopper might find it. */
let look = () => {};
const watched: OpenAdmin = (domain) => {
  const port = openAdmin(domain);
  return {
    async call(operation, variables) {
      const result = await port.call(operation, variables);
      look();
      return result;
    },
  };
};

beforeEach(async () => {
  world = await openWorld({ openAdmin: watched });
  mug = world.shop.addProduct({ title: "Mug", price: "20.00" }).variants[0]?.gid ?? "";
});
afterEach(() => world.close());

/** A new award with a list of codes, and what a shopper, the merchant and the worker do with it. */
async function openSeries(text: string[]) {
  const { shopId } = world;
  const created = await createAward(shopId, draftOf({ pointsPrice: 1, usesTotal: USES, usesPerCode: 1 }), { source: "pasted", text: text.join("\n") }, world.now());
  if (created.outcome !== "created") throw new Error(JSON.stringify(created.problems));
  const person = world.shop.addCustomer({ firstName: "Amira" });
  const { id: customerId } = await rememberCustomer(prisma, shopId, { gid: person.gid, firstName: "Amira", lastName: null, email: null });
  await givePoints(shopId, customerId, 1000, world.now());
  const sync = openSync({ clock: world.now, sleep: world.sleep, openAdmin: watched });
  const held: { issuanceId: bigint; code: string }[] = [];
  let given = 0;
  let ordered = 0;

  /** Codes of the award that anybody could still use once at Shopify's checkout. */
  const usable = () => text.filter((code) => world.shop.findCode(code)?.uses === 0).length;
  look = () => expect(usable() + ordered, "codes that can be used, and uses that were made").toBeLessThanOrEqual(USES);

  return {
    usable,
    ordered: () => ordered,
    async take(what: Step): Promise<void> {
      switch (what.do) {
        case "give": {
          const issued = await issueCoupon(shopId, { customerId, awardNumber: created.awardNumber, requestKey: `key-${created.awardNumber}-${given++}`, channel: "checkout" }, world.now());
          if (issued.outcome === "issued") held.push(issued);
          return;
        }
        case "order": {
          const [first] = held.splice(0, 1);
          const placed = first && world.shop.placeOrder({ customerGid: person.gid, lines: [{ variantGid: mug, quantity: 1 }], discountCodes: [first.code] });
          if (placed && !("refused" in placed)) ordered++;
          return;
        }
        case "give back": {
          const last = held.pop();
          if (last) await returnCoupon(shopId, { issuanceId: last.issuanceId, customerId }, world.now());
          return;
        }
        case "archive": {
          const coupon = await prisma.coupon.findFirst({ where: { shopId, awardNumber: created.awardNumber, status: "available", codeState: "live" }, orderBy: { id: "asc" } });
          if (coupon) await archiveCoupon(shopId, coupon.id, world.now());
          return;
        }
        case "revoke the rest":
          await revokeCoupons(shopId, { awardNumber: created.awardNumber, mode: "not_issued", understood: true, returnPoints: false, requestKey: `revoke-${given}` }, world.now());
          return;
        case "webhooks":
          await world.shop.webhooks.deliver();
          await workInbox(world.shop.domain, world.now());
          return;
        case "push":
          if (what.fault) world.shop.faults.next({ kind: what.fault, operation: what.on });
          await pushChanges(sync, shopId);
          return;
        default:
          return what satisfies never;
      }
    },
  };
}

it("holds after every call, whatever is given, used, taken back or fails", async () => {
  let serial = 0;
  let pushed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 22 }), async (steps) => {
      const run = serial++;
      const series = await openSeries(Array.from({ length: CODES }, (_, n) => `RUN-${run}-${n}`));
      for (const each of steps) {
        await series.take(each);
        look();
      }
      world.shop.faults.clear();
      await world.settle();
      look();
      pushed += series.usable();
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  // Else nothing was ever there to be too much.
  expect(pushed).toBeGreaterThan(RUNS);
}, 240_000);

it("sends no other code while one that was taken back cannot be withdrawn, and sends it afterwards", async () => {
  const series = await openSeries(Array.from({ length: CODES }, (_, n) => `SLOW-${n}`));
  await world.settle();
  expect(series.usable()).toBe(USES);
  world.shop.faults.next({ kind: "http_500", operation: "discountCodeRedeemCodeBulkDelete", times: 3 });
  await series.take({ do: "archive" });
  const parent = await prisma.parentDiscount.findFirstOrThrow({ where: { shopId: world.shopId } });
  await prisma.change.create({ data: { shopId: world.shopId, kind: "push_codes", subject: String(parent.id), nextAttemptAt: world.now(), createdAt: world.now() } });
  await series.take({ do: "push", fault: null, on: "discountRedeemCodeBulkAdd" });
  look();
  await world.settle();
  expect(world.shop.faults.left).toBe(0);
  expect(series.usable()).toBe(USES);
});
