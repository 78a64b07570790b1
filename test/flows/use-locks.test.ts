import { describe, expect, it } from "vitest";
import { endLocks } from "#app/domain/coupons/end-locks.server.ts";
import { findLock } from "#app/domain/coupons/find-lock.server.ts";
import { pool, prisma, type Tx } from "#app/lib/db.server.ts";
import { newCustomer, NOON } from "#test/factories.ts";
import { ending, endings, minutesAfter, openTill, reasons } from "#test/till.ts";

describe("a till locks a coupon for its session", () => {
  it("and the second session is refused until the first lets go", async () => {
    const { holder, lock, release } = await openTill();
    const { customerId, code } = await holder();
    expect(await lock([code], { reference: "till-1", customerId, minutes: 5 })).toMatchObject({ outcome: "locked", repeated: false, lockedAt: NOON, endsAt: minutesAfter(5) });
    const second = await lock([code], { reference: "till-2", customerId });
    expect(second).toMatchObject({ outcome: "refused", call: null, codes: [{ code, refusals: [{ reason: "locked_by_another", until: minutesAfter(5).toISOString() }] }] });

    expect(await release("till-1", minutesAfter(1))).toEqual({ outcome: "released", reference: "till-1", releasedAt: minutesAfter(1), codes: [code] });
    expect(ending(await lock([code], { reference: "till-2", customerId }, minutesAfter(1)))).toBe("locked");
  });

  it("for as long as the shop says, unless it says itself", async () => {
    const { shop, holder, lock } = await openTill();
    const { customerId, code } = await holder();
    await prisma.shop.update({ where: { id: shop.id }, data: { lockMinutes: 25 } });
    expect(await lock([code], { customerId })).toMatchObject({ endsAt: minutesAfter(25) });
    const other = await openTill();
    const mine = await other.holder();
    expect(await other.lock([mine.code], { customerId: mine.customerId })).toMatchObject({ endsAt: minutesAfter(10) });
  });

  it("for one minute to fifteen days, and one to fifty codes: anything else is the caller's mistake", async () => {
    const { holder, lock, validate } = await openTill({ codes: 4 });
    for (const minutes of [1, 21_600]) {
      const { customerId, code } = await holder();
      expect(await lock([code], { customerId, minutes })).toMatchObject({ outcome: "locked", endsAt: minutesAfter(minutes) });
    }
    const { customerId, code } = await holder();
    for (const minutes of [0, -5, 1.5, 21_601]) await expect(lock([code], { customerId, minutes })).rejects.toThrow(RangeError);
    for (const codes of [[], Array.from({ length: 51 }, (_, n) => `CODE-${n}`)]) await expect(validate(codes)).rejects.toThrow(RangeError);
  });

  it("asked again for the same codes it is answered the same, and nothing is extended", async () => {
    const { holder, lock } = await openTill();
    const { customerId, code } = await holder();
    const first = await lock([code], { reference: "till-1", customerId, minutes: 5 });
    const again = await lock([code.toLowerCase()], { reference: "till-1", customerId, minutes: 60 }, minutesAfter(3));
    expect([first, again]).toMatchObject([{ repeated: false, endsAt: minutesAfter(5) }, { repeated: true, lockedAt: NOON, endsAt: minutesAfter(5) }]);
  });

  it("with other codes under the same reference it is refused", async () => {
    const { holder, lock, give } = await openTill();
    const { customerId, code } = await holder();
    const other = await give(customerId);
    await lock([code], { reference: "till-1", customerId });
    expect(ending(await lock([other], { reference: "till-1", customerId }))).toBe("reference_in_use");
    expect(ending(await lock([code, other], { reference: "till-1", customerId }))).toBe("reference_in_use");
  });

  it("locks a list whole or not at all, and names every code that is refused", async () => {
    const { holder, lock, give } = await openTill({ combinesOrder: true });
    const { customerId, code } = await holder();
    const taken = await give(customerId);
    await lock([taken], { reference: "till-1", customerId });
    const refused = await lock([code, taken, "NO-SUCH-CODE"], { reference: "till-2", customerId });
    expect(refused.outcome).toBe("refused");
    expect(refused.codes.map(({ code }) => code)).toEqual([code, taken, "NO-SUCH-CODE"]);
    expect(reasons(refused.codes)).toEqual(["fine", "locked_by_another", "coupon_unknown"]);
    expect(ending(await lock([code], { reference: "till-3", customerId }))).toBe("locked");
  });

  it("times out by itself, swept or not, and its reference can be used again", async () => {
    const { shop, holder, lock, burnLock, release, give } = await openTill();
    const { customerId, code } = await holder();
    const other = await give(customerId);
    await lock([code], { reference: "till-1", customerId, minutes: 10 });
    const over = minutesAfter(10);
    expect(ending(await burnLock("till-1", {}, over))).toBe("lock_expired");
    expect(await release("till-1", over)).toMatchObject({ outcome: "refused", call: { reason: "lock_expired", expiredAt: over.toISOString() } });
    expect(await findLock(shop.id, "till-1", over)).toMatchObject({ status: "expired", codes: [{ code, status: "expired" }] });

    expect(ending(await lock([code], { reference: "till-2", customerId }, over))).toBe("locked");
    expect(await endLocks(over)).toBeGreaterThanOrEqual(1);
    expect(await endLocks(over)).toBe(0);
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id } })).toMatchObject({ locked: 1 });
    expect(ending(await lock([other], { reference: "till-1", customerId }, over))).toBe("locked");
    expect(await findLock(shop.id, "till-1", over)).toMatchObject({ status: "held", codes: [{ code: other }] });
  });

  it("holds until the last instant, and one later it does not", async () => {
    const { holder, lock } = await openTill();
    const { customerId, code } = await holder();
    await lock([code], { customerId, minutes: 10 });
    expect(ending(await lock([code], { customerId }, new Date(minutesAfter(10).getTime() - 1)))).toBe("locked_by_another");
    expect(ending(await lock([code], { customerId }, minutesAfter(10)))).toBe("locked");
  });

  it("burns what it locked, and repeating that changes nothing", async () => {
    const { shop, holder, lock, burnLock, release } = await openTill();
    const { customerId, code } = await holder();
    await lock([code], { reference: "till-1", customerId });
    expect(await burnLock("till-1", { transactionId: "sale-9" }, minutesAfter(2))).toEqual({ outcome: "burned", repeated: false, burnedAt: minutesAfter(2), codes: [code] });
    expect(await burnLock("till-1", { transactionId: "sale-9" }, minutesAfter(40))).toEqual({ outcome: "burned", repeated: true, burnedAt: minutesAfter(2), codes: [code] });
    expect(await burnLock("till-1", { transactionId: "sale-10" }, minutesAfter(3))).toMatchObject({ call: { reason: "lock_burned", transactionId: "sale-9" } });
    expect(ending(await release("till-1", minutesAfter(3)))).toBe("lock_burned");
    expect(ending(await lock([code], { reference: "till-1", customerId }, minutesAfter(3)))).toBe("reference_in_use");
    expect(await prisma.redemption.count({ where: { shopId: shop.id } })).toBe(1);
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id } })).toMatchObject({ used: 1, locked: 0 });
    expect(await prisma.coupon.findFirst({ where: { shopId: shop.id, code } })).toMatchObject({ status: "redeemed", usesCount: 1, statusAt: minutesAfter(2) });
  });

  it("cannot burn what it let go, what it never had, or what another session holds", async () => {
    const { holder, lock, burnLock, burn, release } = await openTill();
    const { customerId, code } = await holder();
    await lock([code], { reference: "till-1", customerId });
    expect(ending(await burn([code], { customerId }))).toBe("locked_by_another");
    await release("till-1", minutesAfter(1));
    expect(await burnLock("till-1", {}, minutesAfter(1))).toMatchObject({ call: { reason: "lock_released", releasedAt: minutesAfter(1).toISOString() } });
    expect(ending(await burnLock("till-7"))).toBe("lock_unknown");
    expect(ending(await release("till-7"))).toBe("lock_unknown");
    expect(await release("till-1", minutesAfter(9))).toMatchObject({ outcome: "released", releasedAt: minutesAfter(1) });
  });

  it("burns what it locked although its window closed and its award ended meanwhile", async () => {
    const { holder, lock, burnLock, validate } = await openTill({ endsAt: minutesAfter(5) });
    const { customerId, code } = await holder();
    await lock([code], { reference: "till-1", customerId, minutes: 10 });
    expect(reasons((await validate([code], { customerId }, minutesAfter(6))).codes)).toEqual(["locked_by_another award_ended"].map((text) => text.split(" ").reverse().join(" ")));
    expect(ending(await burnLock("till-1", {}, minutesAfter(6)))).toBe("burned");
  });
});

describe("a lock is its customer's", () => {
  it("another's order burns nothing of it, and their session cannot call it their own", async () => {
    const { shop, holder, lock, burnLock } = await openTill();
    const [amira, ben] = [await holder(), await newCustomer(shop.id)];
    await lock([amira.code], { reference: "till-1", customerId: amira.customerId, minutes: 5 });
    expect(ending(await burnLock("till-1", { customerId: ben.id }))).toBe("not_owner locked_by_another");
    expect(ending(await lock([amira.code], { reference: "till-1", customerId: ben.id }))).toBe("not_owner locked_by_another");

    expect(ending(await burnLock("till-1", { customerId: amira.customerId }))).toBe("burned");
    expect(await prisma.redemption.findMany({ where: { shopId: shop.id }, select: { customerId: true } })).toEqual([{ customerId: amira.customerId }]);
  });

  it("also of a code that anybody may use; one that was made for nobody is used by who is named with the order", async () => {
    const { shop, holder, lock, burnLock } = await openTill({ shareable: true, usesPerCode: 5 });
    const [amira, ben] = [await holder(), await newCustomer(shop.id)];
    await lock([amira.code], { reference: "amira", customerId: amira.customerId, minutes: 5 });
    expect(await burnLock("amira", { customerId: ben.id })).toMatchObject({ call: null, codes: [{ refusals: [{ reason: "locked_by_another", until: minutesAfter(5).toISOString() }] }] });

    await lock([amira.code], { reference: "nobody" });
    expect(ending(await burnLock("nobody", { customerId: ben.id }))).toBe("burned");
    expect(await prisma.redemption.findMany({ where: { shopId: shop.id }, select: { customerId: true } })).toEqual([{ customerId: ben.id }]);
  });

  it("one of everybody's code that was made for nobody uses up what was given to who is named with the order", async () => {
    const { shop, holder, lock, burnLock } = await openTill({ single: "EVERYBODY", shareable: true });
    const ben = await holder();
    await lock([ben.code], { reference: "nobody" });
    expect(ending(await burnLock("nobody", { customerId: ben.customerId }))).toBe("burned");
    expect(await prisma.issuance.findMany({ where: { shopId: shop.id }, select: { customerId: true, status: true } })).toEqual([{ customerId: ben.customerId, status: "redeemed" }]);
  });
});

describe("many sessions at once", () => {
  it("a thousand lock one code: one has it", async () => {
    const { shop, holder, lock } = await openTill();
    const { customerId, code } = await holder();
    const attempts = await Promise.all(Array.from({ length: 1000 }, () => lock([code], { customerId })));
    expect(endings(attempts)).toEqual({ locked: 1, locked_by_another: 999 });
    expect(await prisma.awardTally.findFirst({ where: { shopId: shop.id } })).toMatchObject({ locked: 1 });
  });

  it("a thousand use one reference for codes of their own: one has it", async () => {
    const { holder, lock } = await openTill({ codes: 20, shareable: true });
    const holders = await Promise.all(Array.from({ length: 20 }, () => holder()));
    const attempts = await Promise.all(Array.from({ length: 1000 }, (_, n) => lock([holders[n % 20]?.code ?? ""], { customerId: holders[n % 20]?.customerId ?? null, reference: "till-1" })));
    const locked = attempts.filter(({ outcome }) => outcome === "locked");
    expect(new Set(locked.map(({ codes }) => codes[0]?.code)).size).toBe(1);
    expect(locked.filter((attempt) => attempt.outcome === "locked" && !attempt.repeated)).toHaveLength(1);
    expect(endings(attempts)).toEqual({ locked: 50, reference_in_use: 950 });
  });

  it("a thousand burn one lock for transactions of their own: one does", async () => {
    const { shop, holder, lock, burnLock } = await openTill();
    const { customerId, code } = await holder();
    await lock([code], { reference: "till-1", customerId });
    expect(endings(await Promise.all(Array.from({ length: 1000 }, () => burnLock("till-1"))))).toEqual({ burned: 1, lock_burned: 999 });
    expect(await prisma.redemption.count({ where: { shopId: shop.id } })).toBe(1);
  });

  it("a thousand tell the same burn: it happens once, and every answer is the same", async () => {
    const { shop, holder, burn } = await openTill();
    const { customerId, code } = await holder();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => burn([code], { customerId, transactionId: "sale-1" })));
    expect(endings(answers)).toEqual({ burned: 1000 });
    expect(await prisma.redemption.count({ where: { shopId: shop.id } })).toBe(1);
    expect(await prisma.coupon.findFirst({ where: { shopId: shop.id, code } })).toMatchObject({ usesCount: 1 });
  });

  it("release and burn of one lock: either one or the other", async () => {
    const { shop, holder, lock, burnLock, release } = await openTill({ codes: 30 });
    const customer = await newCustomer(shop.id);
    for (let round = 0; round < 20; round++) {
      const { customerId, code } = round === 0 ? await holder() : { customerId: customer.id, code: (await holder()).code };
      const owner = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code } });
      const reference = `till-${round}`;
      await lock([code], { reference, customerId: owner.customerId ?? customerId });
      const [burning, releasing] = await Promise.all([burnLock(reference, {}, minutesAfter(1)), release(reference, minutesAfter(1))]);
      expect([`${ending(burning)} ${ending(releasing)}`]).toEqual([burning.outcome === "burned" ? "burned lock_burned" : "lock_released released"]);
    }
  });

  it("of two servers: one code is locked once", async () => {
    const { shop, holder, lock } = await openTill();
    const { customerId, code } = await holder();
    const { id, awardNumber } = await prisma.coupon.findFirstOrThrow({ where: { shopId: shop.id, code } });
    // The other server's batch: the same function on a connection of its own, at the same moment.
    const use = { i: 0, shopId: shop.id, couponId: String(id), awardNumber, customerId: String(customerId), codeLimit: 1, tallyFirst: false, currency: "EUR", at: NOON };
    const elsewhere = (n: number) =>
      pool.query("SELECT * FROM lock_coupons($1::jsonb, $2::jsonb)", [
        JSON.stringify([{ i: 0, shopId: shop.id, reference: `elsewhere-${n}`, at: NOON, endsAt: minutesAfter(5) }]), JSON.stringify([use]),
      ]);
    const [mine, theirs] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => lock([code], { customerId }))),
      Promise.all(Array.from({ length: 50 }, (_, n) => elsewhere(n))),
    ]);
    const won = mine.filter(({ outcome }) => outcome === "locked").length + theirs.filter(({ rows }) => rows[0].outcome === "claimed").length;
    expect(won).toBe(1);
    expect(await prisma.couponLock.count({ where: { shopId: shop.id, status: "held" } })).toBe(1);
  });
});

describe("a shop whose tills hold thousands of locks", () => {
  /** Pages of the indexes of held locks that this connection has looked at of late. */
  const pages = async (tx: Tx) => {
    const [row] = await tx.$queryRaw<{ pages: number }[]>`
      SELECT sum(pg_stat_get_xact_blocks_fetched(i."indexrelid"))::int AS "pages" FROM pg_index i WHERE i."indrelid" = '"CouponLock"'::regclass AND NOT i."indisprimary"`;
    return row?.pages ?? 0;
  };

  it("locks and lets go by the reference alone, and walks over none of the others", async () => {
    const { shop, award, holder, lock } = await openTill();
    const { customerId, code } = await holder();
    await lock([code], { reference: "till-1", customerId });
    await prisma.$executeRaw`
      INSERT INTO "CouponLock" ("shopId", "reference", "couponId", "awardNumber", "lockedAt", "endsAt")
      SELECT ${shop.id}::int, 'other-' || n, 1000000 + n, ${award.number}::int, ${NOON}::timestamptz, ${minutesAfter(10)}::timestamptz + make_interval(secs => n % 200) FROM generate_series(1, 6000) n`;
    await prisma.$executeRaw`ANALYZE "CouponLock"`;
    const asked = JSON.stringify(Array.from({ length: 40 }, (_, n) => ({ i: n, shopId: shop.id, reference: `new-${n}`, at: minutesAfter(1), endsAt: minutesAfter(11) })));
    const looked = await prisma.$transaction(async (tx) => {
      const before = await pages(tx);
      await tx.$executeRaw`SELECT * FROM lock_coupons(${asked}::jsonb, '[]'::jsonb)`;
      await tx.$executeRaw`SELECT release_lock(${shop.id}::int, 'till-1', ${minutesAfter(1)}::timestamptz)`;
      return (await pages(tx)) - before;
    });
    expect(looked).toBeLessThan(40);
    expect(await findLock(shop.id, "till-1", minutesAfter(1))).toMatchObject({ status: "released" });
  });
});
