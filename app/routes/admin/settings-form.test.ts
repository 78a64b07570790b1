import { describe, expect, it } from "vitest";
import { exampleOf, fieldsOf, readSettings, type SettingsFields } from "./settings-form";

const stored = {
  pointsName: "stars", earnRate: 2, earnOnTax: true, earnOnShipping: false, pendingDays: 14, expiryMonths: 12, expiryNoticeDays: 30, hundredMinor: 150, signupPoints: 100, birthdayPoints: 0, holdMinutes: 60, alertEmail: null,
};

describe("the settings form", () => {
  it.each(["EUR", "JPY", "KWD"])("says in %s what is stored, and reads it back", (currency) => {
    expect(readSettings(fieldsOf(stored, currency), currency)).toEqual(stored);
    const bare = { ...stored, expiryMonths: null, hundredMinor: null, alertEmail: "staff@example.com", earnOnTax: false, earnOnShipping: true };
    expect(readSettings(fieldsOf(bare, currency), currency)).toEqual(bare);
  });

  it.each([
    ["pendingDays", "soon", "pendingDays"],
    ["pendingDays", "", "pendingDays"],
    ["expiryMonths", "1.5", "expiryMonths"],
    ["hundred", "1,50", "hundredMinor"],
    ["hundred", "1.505", "hundredMinor"],
    ["signupPoints", "-1", "signupPoints"],
  ] as const)("cannot read %s %j", (field, text, read) => {
    expect(readSettings({ ...fieldsOf(stored, "EUR"), [field]: text }, "EUR")[read]).toBeNaN();
  });
});

describe("the example", () => {
  const fields = fieldsOf(stored, "EUR");
  it.each<[Partial<SettingsFields>, string | null]>([
    [{}, "€50.00 spent earn 100 stars, worth €1.50 to you. They can be spent 14 days later and expire at the end of the day 12 months after that."],
    [{ pendingDays: "0", expiryMonths: "", hundred: "" }, "€50.00 spent earn 100 stars. They can be spent at once and never expire."],
    [{ pendingDays: "1", expiryMonths: "1", hundred: "" }, "€50.00 spent earn 100 stars. They can be spent 1 day later and expire at the end of the day 1 month after that."],
    [{ pendingDays: "0", hundred: "" }, "€50.00 spent earn 100 stars. They can be spent at once and expire at the end of the day 12 months after the order."],
    [{ earnRate: "0" }, "€50.00 spent earn 0 stars."],
    [{ earnRate: "x" }, null],
  ])("with %j", (change, expected) => {
    expect(exampleOf({ ...fields, ...change }, "EUR")).toBe(expected);
  });

  it("counts in the shop's own currency", () => {
    expect(exampleOf({ ...fields, hundred: "" }, "JPY")).toContain("¥50 spent earn 100 stars.");
  });
});
