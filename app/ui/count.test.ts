import { expect, it } from "vitest";
import { formatPrice } from "./count";

it("writes a price as one number, and as a span where the customer chooses: the same in the list and on the award's page", () => {
  expect([formatPrice(1200, null), formatPrice(100, 1000)]).toEqual(["1,200", "100–1,000"]);
});
