import { describe, expect, it } from "vitest";
import { rotationDueAt } from "./rotation";

describe("a code that is replaced every so many days", () => {
  it.each([
    ["at the next midnight of the shop", "2026-11-20T12:00:00Z", 1, "Europe/Berlin", "2026-11-20T23:00:00Z"],
    ["however late in the day it came", "2026-11-20T22:59:00Z", 1, "Europe/Berlin", "2026-11-20T23:00:00Z"],
    ["by the shop's date, not by UTC's", "2026-11-20T23:30:00Z", 1, "Europe/Berlin", "2026-11-21T23:00:00Z"],
    ["over the end of a month and of a year", "2026-12-31T12:00:00Z", 7, "UTC", "2027-01-07T00:00:00Z"],
    ["over the change to summer time", "2027-03-27T12:00:00Z", 2, "Europe/Berlin", "2027-03-28T22:00:00Z"],
    ["west of Greenwich", "2026-11-20T03:00:00Z", 1, "America/New_York", "2026-11-20T05:00:00Z"],
  ])("is due %s", (_, rotatedAt, days, timeZone, due) => {
    expect(rotationDueAt(new Date(rotatedAt), days, timeZone).toISOString()).toBe(new Date(due).toISOString());
  });
});
