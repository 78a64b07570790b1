import { expect, it } from "vitest";
import { couponStatus } from "./coupon";

const NOON = new Date("2026-11-20T12:00:00Z");
const before = new Date(NOON.getTime() - 1);
const after = new Date(NOON.getTime() + 1);

it.each([
  ["issued, without an end", "issued", null, null, "issued"],
  ["issued, its own end to come", "issued", after, null, "issued"],
  ["issued, its end is this instant", "issued", NOON, null, "expired"],
  ["issued, its end is past and no sweep has been by", "issued", before, null, "expired"],
  ["issued, its award has ended", "issued", null, before, "expired"],
  ["issued, its own end to come, its award has ended", "issued", after, NOON, "expired"],
  ["marked expired with its award, whose end was moved on, its own end to come", "expired", after, after, "issued"],
  ["issued with an end of its own before the award's", "issued", before, after, "expired"],
  ["marked expired, but its award's end was moved on", "expired", null, after, "issued"],
  ["marked expired", "expired", before, null, "expired"],
  ["a code nobody has does not expire by itself", "available", null, before, "available"],
  ["a till has it locked past its end", "locked", before, null, "locked"],
  ["redeemed stays redeemed", "redeemed", before, null, "redeemed"],
  ["revoked stays revoked", "revoked", before, null, "revoked"],
  ["archived stays archived", "archived", before, null, "archived"],
] as const)("%s", (_, status, expiresAt, awardEnd, shown) => {
  expect(couponStatus({ status, expiresAt }, { endsAt: awardEnd }, NOON)).toBe(shown);
});
