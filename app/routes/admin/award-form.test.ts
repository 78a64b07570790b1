import { describe, expect, it } from "vitest";
import { awardFields, awardFormData, fieldsOfAward, newAwardFields, readAward, readSource, type AwardFields } from "./award-form";

const BERLIN = { currency: "EUR", timeZone: "Europe/Berlin" };
const NOON = new Date("2026-11-20T12:00:00Z");
const blank = newAwardFields("key-of-this-form", BERLIN.timeZone, NOON);
const filled: AwardFields = { ...blank, name: "Ten off", value: "10", pointsPrice: "100" };
const problemsOf = (change: Partial<AwardFields>, shop = BERLIN) => readAward({ ...filled, ...change }, shop).problems;

describe("the award editor's form", () => {
  it("reads what a merchant filled in", () => {
    const { draft, problems } = readAward({ ...filled, value: "12.5", hasMinimum: true, minOrderMinor: "30", hasEnd: true, endsDate: "2026-12-31", usesTotalOn: true, usesTotal: "500" }, BERLIN);
    expect(problems).toEqual([]);
    expect(draft).toMatchObject({ name: "Ten off", value: 1250, pointsPrice: 100, minOrderMinor: 3000, usesTotal: 500, usesPerCustomer: null });
    expect(draft.startsAt.toISOString()).toBe("2026-11-20T12:00:00.000Z");
    expect(draft.endsAt?.toISOString()).toBe("2026-12-31T22:59:59.000Z"); // the whole last minute, by the shop's clock
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["no name", { name: "  " }, "name"],
    ["a name of 121 characters", { name: "n".repeat(121) }, "name"],
    ["no value", { value: "" }, "value"],
    ["a value of 0", { value: "0" }, "value"],
    ["a comma for the point", { value: "1,5" }, "value"],
    ["a negative value", { value: "-5" }, "value"],
    ["three decimals of a euro", { value: "1.005" }, "value"],
    ["an amount in words", { value: "ten" }, "value"],
    ["an amount with an exponent", { value: "1e3" }, "value"],
    ["a huge amount", { value: "99999999999999" }, "value"],
    ["0 percent", { kind: "percentage", value: "0" }, "value"],
    ["101 percent", { kind: "percentage", value: "101" }, "value"],
    ["half a percent", { kind: "percentage", value: "0.5" }, "value"],
    ["a points price of 0", { pointsPrice: "0" }, "pointsPrice"],
    ["no points price", { pointsPrice: "" }, "pointsPrice"],
    ["a points price with a fraction", { pointsPrice: "1.5" }, "pointsPrice"],
    ["a huge points price", { pointsPrice: "9".repeat(30) }, "pointsPrice"],
    ["an order minimum of 0", { hasMinimum: true, minOrderMinor: "0" }, "minOrderMinor"],
    ["an order minimum left empty", { hasMinimum: true, minOrderMinor: "" }, "minOrderMinor"],
    ["no start", { startsDate: "" }, "startsAt"],
    ["a 31st of February", { startsDate: "2026-13-45" }, "startsAt"],
    ["an end before the start", { hasEnd: true, endsDate: "2026-11-19" }, "endsAt"],
    ["an end without a date", { hasEnd: true, endsDate: "" }, "endsAt"],
    ["a limit of 0", { usesTotalOn: true, usesTotal: "0" }, "usesTotal"],
    ["a limit ticked and left empty", { issuesPerCustomerOn: true, issuesPerCustomer: "" }, "issuesPerCustomer"],
  ])("refuses %s, at its own field", (_what, change, field) => {
    expect(problemsOf(change).map((problem) => problem.field)).toEqual([field]);
  });

  it("does not look at what is not ticked", () => {
    expect(problemsOf({ sold: false, pointsPrice: "nonsense", hasMinimum: false, minOrderMinor: "-1", hasEnd: false, endsDate: "soon", usesTotal: "x" })).toEqual([]);
  });

  it("takes no decimals in a currency that has none", () => {
    expect(problemsOf({ value: "500" }, { currency: "JPY", timeZone: "Asia/Tokyo" })).toEqual([]);
    expect(problemsOf({ value: "500.5" }, { currency: "JPY", timeZone: "Asia/Tokyo" })).toHaveLength(1);
  });

  it("says of an amount that cannot be counted that it is too large", () => {
    expect(problemsOf({ value: "9999999.999" }, { currency: "KWD", timeZone: "Asia/Kuwait" })).toEqual([{ field: "value", message: "This amount is too large." }]);
  });

  it("survives the way through a form and through an award", () => {
    expect(awardFields(awardFormData(filled))).toEqual(filled);
    const { draft } = readAward({ ...filled, hasEnd: true, endsDate: "2026-12-31", combinesShipping: true }, BERLIN);
    expect(readAward(fieldsOfAward({ ...draft, currency: "EUR" }, blank, BERLIN.timeZone), BERLIN).draft).toEqual(draft);
  });

  it("takes no other form for its own", () => {
    expect(awardFields(new FormData())).toBeNull();
    const foreign = awardFormData(filled);
    foreign.set("kind", "free_lunch");
    expect(awardFields(foreign)).toBeNull();
  });
});

describe("where the codes come from", () => {
  it.each<[string, Partial<AwardFields>, unknown]>([
    ["made codes", { source: "generated", prefix: " spring- ", length: "12", stockTarget: "300" }, { source: "generated", prefix: "SPRING-", length: 12, stockTarget: 300 }],
    ["one code of the merchant's", { source: "single", code: "SUMMER26" }, { source: "single", code: "SUMMER26" }],
    ["one code of ours", { source: "single", code: " " }, { source: "single" }],
    ["a pasted list", { source: "pasted", codes: "A1\nB2" }, { source: "pasted", text: "A1\nB2" }],
  ])("reads %s", (_what, change, source) => {
    expect(readSource({ ...filled, ...change })).toEqual({ source, problems: [] });
  });

  it.each<[string, Partial<AwardFields>, string]>([
    ["an empty list", { source: "pasted", codes: " \n " }, "codes"],
    ["a length in words", { source: "generated", length: "ten" }, "length"],
    ["no stock", { source: "generated", stockTarget: "" }, "stockTarget"],
  ])("refuses %s", (_what, change, field) => {
    expect(readSource({ ...filled, ...change }).problems.map((problem) => problem.field)).toEqual([field]);
  });
});
