import { describe, expect, it } from "vitest";
import { bucketsDue, MAX_VALUES, nextPeriodAt, restrictedBucket, type BucketRules } from "./bucket";

const rules = (wish: Partial<BucketRules> = {}): BucketRules => ({
  appliedBy: "shopify", codeSource: "generated", startsAt: new Date("2026-01-01T00:00:00Z"), endsAt: null,
  expiryRule: "with_award", expiryCount: null, minPoints: null, maxPoints: null, stepPoints: null, stepMinor: null,
  ...wish,
});
const BERLIN = "Europe/Berlin";
const at = (instant: string) => new Date(instant);
const show = (award: BucketRules, now: string, zone = BERLIN) => bucketsDue(award, zone, at(now)).map(({ bucket, expiresAt }) => [bucket, expiresAt?.toISOString() ?? null]);

describe("the buckets an award needs", () => {
  it.each<[string, Partial<BucketRules>]>([
    ["coupons that end with their award", {}],
    ["coupons that end on a date", { expiryRule: "date" }],
    ["an integrator's award, whatever its rule", { appliedBy: "integrator", expiryRule: "days", expiryCount: 7 }],
    ["codes that somebody else made", { codeSource: "uploaded", expiryRule: "days", expiryCount: 7 }],
    ["one code for everybody", { codeSource: "single", expiryRule: "month_ends", expiryCount: 0 }],
  ])("one: %s", (_, wish) => {
    expect(bucketsDue(rules(wish), BERLIN, at("2026-11-12T12:00:00Z"))).toEqual([{ bucket: "", expiresAt: null, valueMinor: null }]);
    expect(nextPeriodAt(rules(wish), BERLIN, at("2026-11-12T12:00:00Z"))).toBeNull();
  });

  it.each<[string, number, string, string, [string, string][]]>([
    ["today and tomorrow", 0, "2026-11-12T12:00:00Z", BERLIN, [["until 2026-11-12", "2026-11-12T22:59:59.999Z"], ["until 2026-11-13", "2026-11-13T22:59:59.999Z"]]],
    ["a day later", 1, "2026-11-12T12:00:00Z", BERLIN, [["until 2026-11-13", "2026-11-13T22:59:59.999Z"], ["until 2026-11-14", "2026-11-14T22:59:59.999Z"]]],
    ["the shop's day, not UTC's", 0, "2026-11-12T23:30:00Z", BERLIN, [["until 2026-11-13", "2026-11-13T22:59:59.999Z"], ["until 2026-11-14", "2026-11-14T22:59:59.999Z"]]],
    ["over the end of a leap February", 30, "2028-01-30T12:00:00Z", "UTC", [["until 2028-02-29", "2028-02-29T23:59:59.999Z"], ["until 2028-03-01", "2028-03-01T23:59:59.999Z"]]],
    ["into the short day of spring", 0, "2026-03-28T12:00:00Z", BERLIN, [["until 2026-03-28", "2026-03-28T22:59:59.999Z"], ["until 2026-03-29", "2026-03-29T21:59:59.999Z"]]],
    ["into the long day of autumn", 0, "2026-10-24T12:00:00Z", BERLIN, [["until 2026-10-24", "2026-10-24T21:59:59.999Z"], ["until 2026-10-25", "2026-10-25T22:59:59.999Z"]]],
    ["before a day that begins at one o'clock", 0, "2026-04-23T09:00:00Z", "Africa/Cairo", [["until 2026-04-23", "2026-04-23T21:59:59.999Z"], ["until 2026-04-24", "2026-04-24T20:59:59.999Z"]]],
    ["far east of UTC", 0, "2026-11-12T12:00:00Z", "Pacific/Kiritimati", [["until 2026-11-13", "2026-11-13T09:59:59.999Z"], ["until 2026-11-14", "2026-11-14T09:59:59.999Z"]]],
  ])("days: %s", (_, expiryCount, now, zone, expected) => {
    expect(show(rules({ expiryRule: "days", expiryCount }), now, zone)).toEqual(expected);
  });

  it.each<[string, number, string, [string, string][]]>([
    ["this month and the next", 0, "2026-11-12T12:00:00Z", [["until 2026-11-30", "2026-11-30T22:59:59.999Z"], ["until 2026-12-31", "2026-12-31T22:59:59.999Z"]]],
    ["a month end later, from a month's last day", 1, "2026-10-31T12:00:00Z", [["until 2026-11-30", "2026-11-30T22:59:59.999Z"], ["until 2026-12-31", "2026-12-31T22:59:59.999Z"]]],
    ["over the year", 2, "2026-12-31T12:00:00Z", [["until 2027-02-28", "2027-02-28T22:59:59.999Z"], ["until 2027-03-31", "2027-03-31T21:59:59.999Z"]]],
  ])("month ends: %s", (_, expiryCount, now, expected) => {
    expect(show(rules({ expiryRule: "month_ends", expiryCount }), now)).toEqual(expected);
  });

  it("no bucket for a period in which the award is over", () => {
    const award = rules({ expiryRule: "days", expiryCount: 7, endsAt: at("2026-11-12T23:00:00Z") });
    expect(show(award, "2026-11-12T12:00:00Z").map(([bucket]) => bucket)).toEqual(["until 2026-11-19"]);
    expect(show({ ...award, endsAt: at("2026-11-12T23:00:00.001Z") }, "2026-11-12T12:00:00Z")).toHaveLength(2);
  });

  it("those of its first days for an award that has not begun", () => {
    const award = rules({ expiryRule: "days", expiryCount: 0, startsAt: at("2026-12-24T08:00:00Z") });
    expect(show(award, "2026-11-12T12:00:00Z").map(([bucket]) => bucket)).toEqual(["until 2026-12-24", "until 2026-12-25"]);
    expect(nextPeriodAt(award, BERLIN, at("2026-11-12T12:00:00Z"))).toEqual(at("2026-12-24T23:00:00Z"));
  });

  it("one for each value that points can buy, of now before those of the next period", () => {
    const variable = { minPoints: 200, maxPoints: 400, stepPoints: 100, stepMinor: 500 };
    expect(bucketsDue(rules(variable), BERLIN, at("2026-11-12T12:00:00Z"))).toEqual([1000, 1500, 2000].map((valueMinor) => ({ bucket: `worth ${valueMinor}`, expiresAt: null, valueMinor })));
    const expiring = bucketsDue(rules({ ...variable, expiryRule: "days", expiryCount: 0 }), BERLIN, at("2026-11-12T12:00:00Z"));
    expect(expiring.map(({ bucket }) => bucket)).toEqual(["until 2026-11-12, worth 1000", "until 2026-11-12, worth 1500", "until 2026-11-12, worth 2000", "until 2026-11-13, worth 1000", "until 2026-11-13, worth 1500", "until 2026-11-13, worth 2000"]);
    expect(() => bucketsDue(rules({ ...variable, maxPoints: 200 + MAX_VALUES * 100 }), BERLIN, at("2026-11-12T12:00:00Z"))).toThrow(RangeError);
  });

  it.each<[string, Partial<BucketRules>, string, string]>([
    ["the next local midnight", { expiryRule: "days", expiryCount: 3 }, "2026-11-12T12:00:00Z", "2026-11-12T23:00:00.000Z"],
    ["midnight on the last instant of a day", { expiryRule: "days", expiryCount: 3 }, "2026-11-12T22:59:59.999Z", "2026-11-12T23:00:00.000Z"],
    ["the day after at midnight itself", { expiryRule: "days", expiryCount: 3 }, "2026-11-12T23:00:00Z", "2026-11-13T23:00:00.000Z"],
    ["the first of next month", { expiryRule: "month_ends", expiryCount: 1 }, "2026-11-12T12:00:00Z", "2026-11-30T23:00:00.000Z"],
  ])("the next period begins at %s", (_, wish, now, expected) => {
    expect(nextPeriodAt(rules(wish), BERLIN, at(now))?.toISOString()).toBe(expected);
  });
});

describe("codes with restrictions of their own", () => {
  it("share a bucket exactly if all their restrictions are the same", () => {
    const all = { expiresAt: at("2026-11-30T22:59:59.999Z"), usesPerCode: 3, minOrderMinor: 5000, customerGid: "gid://shopify/Customer/7", firstOrderOnly: true };
    expect(restrictedBucket({})).toBe("");
    expect(restrictedBucket({ expiresAt: null, usesPerCode: null, customerGid: null, firstOrderOnly: false })).toBe("");
    expect(restrictedBucket(all)).toBe("expires 2026-11-30T22:59:59.999Z, uses 3, orders from 5000, for gid://shopify/Customer/7, first order");
    const names = [all, { ...all, usesPerCode: 4 }, { ...all, minOrderMinor: 1 }, { ...all, firstOrderOnly: false }, { ...all, expiresAt: at("2026-11-30T23:00:00Z") }].map(restrictedBucket);
    expect(new Set(names).size).toBe(names.length);
  });
});
