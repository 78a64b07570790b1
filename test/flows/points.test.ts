import { describe, expect, it } from "vitest";
import { adjustPoints } from "#app/domain/points/adjust.server.ts";
import { givePoints, newCustomer, newShop, NOON } from "#test/factories.ts";

describe("a merchant adjusts a customer's points", () => {
  it("gives, takes, and is refused what the customer does not have", async () => {
    const shop = await newShop();
    const customer = await newCustomer(shop.id);
    await givePoints(shop.id, customer.id, 100);
    const adjust = (points: number, requestKey: string) => adjustPoints(shop.id, customer.id, { points, reason: "A correction", requestKey }, NOON);

    expect(await adjust(-30, "first-press")).toEqual({ outcome: "posted", balance: 70, held: 0 });
    expect(await adjust(-30, "first-press")).toEqual({ outcome: "already_posted", balance: 70, held: 0 });
    expect(await adjust(-71, "second-press")).toEqual({ outcome: "insufficient", balance: 70, held: 0 });
  });
});
