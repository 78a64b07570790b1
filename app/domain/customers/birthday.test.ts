import { describe, expect, it } from "vitest";
import { celebratedDays, parseBirthday } from "./birthday";

describe("a birthday", () => {
  it.each([
    ["1990-11-21", { month: 11, day: 21 }],
    [" 11-21 ", { month: 11, day: 21 }],
    ["02-29", { month: 2, day: 29 }],
    ["2000-02-29", { month: 2, day: 29 }],
    ["1900-02-29", null],
    ["1999-02-29", null],
    ["02-30", null],
    ["13-01", null],
    ["04-31", null],
    ["00-10", null],
    ["10-00", null],
    ["0000-01-01", { month: 1, day: 1 }],
    ["21.11.1990", null],
    ["", null],
  ])("%j is %j", (text, expected) => {
    expect(parseBirthday(text)).toEqual(expected);
  });
});

describe("the days that are celebrated", () => {
  it.each([
    ["by the shop's calendar, not by ours", "2026-11-20T23:30:00Z", "Europe/Berlin", 0, ["2026-11-21"]],
    ["in a zone that is behind", "2026-11-21T03:30:00Z", "America/New_York", 0, ["2026-11-20"]],
    ["29 February in a year that has it", "2028-02-29T12:00:00Z", "UTC", 1, ["2028-2-29", "2028-2-28"]],
    ["29 February on the 28th in a year without", "2027-02-28T12:00:00Z", "UTC", 0, ["2027-2-28", "2027-2-29"]],
    ["days of last year belong to last year", "2027-01-01T12:00:00Z", "UTC", 2, ["2027-1-1", "2026-12-31", "2026-12-30"]],
    ["the day on which clocks change is one day", "2026-10-25T23:30:00Z", "Europe/Berlin", 1, ["2026-10-26", "2026-10-25"]],
  ])("%s", (_what, now, zone, before, expected) => {
    expect(celebratedDays(new Date(now), zone, before).map(({ year, month, day }) => `${year}-${month}-${day}`)).toEqual(expected);
  });
});
