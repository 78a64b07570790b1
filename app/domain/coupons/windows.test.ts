import { describe, expect, it } from "vitest";
import { gapEndsAt, gapReachesBackTo, nextOpening, shutWindows, type Windows } from "./windows";

const ALWAYS: Windows = { weekdays: [], monthDays: [], fromMinute: null, untilMinute: null, timeZone: "Europe/Berlin" };
const at = (text: string) => new Date(text);

describe("windows", () => {
  // 20 November 2026 is a Friday; Berlin is one hour ahead of UTC in winter.
  it.each<[string, Partial<Windows>, string, string, string | null]>([
    ["no rule", {}, "2026-11-20T12:00:00Z", "", null],
    ["the right weekday", { weekdays: [5] }, "2026-11-20T12:00:00Z", "", null],
    ["on Monday", { weekdays: [1] }, "2026-11-20T12:00:00Z", "weekday", "2026-11-22T23:00:00.000Z"],
    ["Friday in UTC, Saturday in Berlin", { weekdays: [5] }, "2026-11-20T23:30:00Z", "weekday", "2026-11-26T23:00:00.000Z"],
    ["Thursday in UTC, Friday in Berlin", { weekdays: [5] }, "2026-11-19T23:00:00Z", "", null],
    ["the first of the month", { monthDays: [1] }, "2026-11-20T12:00:00Z", "month_day", "2026-11-30T23:00:00.000Z"],
    ["the 31st comes in December", { monthDays: [31] }, "2026-11-20T12:00:00Z", "month_day", "2026-12-30T23:00:00.000Z"],
    ["the 29th in a year without a leap day", { monthDays: [29] }, "2027-02-01T12:00:00Z", "month_day", "2027-03-28T22:00:00.000Z"],
    ["a 31st that is a Sunday", { monthDays: [31], weekdays: [7] }, "2026-11-20T12:00:00Z", "weekday month_day", "2027-01-30T23:00:00.000Z"],
    ["from 18:00", { fromMinute: 1080, untilMinute: 1320 }, "2026-11-20T12:00:00Z", "hour", "2026-11-20T17:00:00.000Z"],
    ["18:00 sharp", { fromMinute: 1080, untilMinute: 1320 }, "2026-11-20T17:00:00Z", "", null],
    ["a second before 22:00", { fromMinute: 1080, untilMinute: 1320 }, "2026-11-20T20:59:59Z", "", null],
    ["22:00 is too late", { fromMinute: 1080, untilMinute: 1320 }, "2026-11-20T21:00:00Z", "hour", "2026-11-21T17:00:00.000Z"],
    ["over midnight, before it", { fromMinute: 1320, untilMinute: 120 }, "2026-11-20T22:00:00Z", "", null],
    ["over midnight, after it", { fromMinute: 1320, untilMinute: 120 }, "2026-11-21T00:30:00Z", "", null],
    ["over midnight, 2:00 is too late", { fromMinute: 1320, untilMinute: 120 }, "2026-11-21T01:00:00Z", "hour", "2026-11-21T21:00:00.000Z"],
    ["over midnight, at noon", { fromMinute: 1320, untilMinute: 120 }, "2026-11-20T11:00:00Z", "hour", "2026-11-20T21:00:00.000Z"],
    ["over midnight, its other day is Saturday", { fromMinute: 1320, untilMinute: 120, weekdays: [6] }, "2026-11-20T21:30:00Z", "weekday", "2026-11-20T23:00:00.000Z"],
    ["until the end of the day", { fromMinute: 720, untilMinute: 1440 }, "2026-11-20T22:59:59Z", "", null],
    ["two windows at once: the evening of a Monday", { weekdays: [1], fromMinute: 1080, untilMinute: 1440 }, "2026-11-20T12:00:00Z", "weekday hour", "2026-11-23T17:00:00.000Z"],
    ["today is right and its hour is over: a week on", { weekdays: [5], fromMinute: 540, untilMinute: 600 }, "2026-11-20T12:00:00Z", "hour", "2026-11-27T08:00:00.000Z"],
    // 29 March 2026: clocks go from 2:00 to 3:00. 25 October 2026: from 3:00 back to 2:00.
    ["the hour that a spring day skips opens when the clock has jumped", { fromMinute: 150, untilMinute: 240 }, "2026-03-29T00:30:00Z", "hour", "2026-03-29T01:30:00.000Z"],
    ["3:30 of the spring day", { fromMinute: 180, untilMinute: 240 }, "2026-03-29T01:30:00Z", "", null],
    ["2:30 of the autumn day, the first time", { fromMinute: 150, untilMinute: 160 }, "2026-10-25T00:30:00Z", "", null],
    ["2:30 of the autumn day, the second time", { fromMinute: 150, untilMinute: 160 }, "2026-10-25T01:30:00Z", "", null],
    ["the 30th is not in February", { monthDays: [30], weekdays: [] }, "2027-02-01T12:00:00Z", "month_day", "2027-03-29T22:00:00.000Z"],
    ["in Kolkata, half an hour off", { fromMinute: 0, untilMinute: 60, timeZone: "Asia/Kolkata" }, "2026-11-20T18:29:59Z", "hour", "2026-11-20T18:30:00.000Z"],
  ])("%s", (_name, windows, instant, shut, opens) => {
    const rules = { ...ALWAYS, ...windows };
    expect(shutWindows(rules, at(instant)).join(" ")).toBe(shut);
    if (shut) expect(nextOpening(rules, at(instant))?.toISOString() ?? null).toBe(opens);
  });

  it("opens where it says: what nextOpening names is open, and the millisecond before is not", () => {
    for (const weekday of [1, 2, 3, 4, 5, 6, 7]) {
      for (const timeZone of ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "UTC"]) {
        const rules = { ...ALWAYS, weekdays: [weekday], monthDays: [3, 17, 31], fromMinute: 600, untilMinute: 660, timeZone };
        const opens = nextOpening(rules, at("2026-03-20T10:30:00Z"));
        if (!opens) throw new Error("it never opens");
        expect(shutWindows(rules, opens)).toEqual([]);
        expect(shutWindows(rules, new Date(opens.getTime() - 1))).not.toEqual([]);
      }
    }
  });
});

describe("the gap between two uses", () => {
  it.each([
    ["a gap of one: the next day of the shop", "2026-11-20T12:00:00Z", 1, "Europe/Berlin", "2026-11-20T23:00:00.000Z"],
    ["late in the evening it is minutes", "2026-11-20T22:59:00Z", 1, "Europe/Berlin", "2026-11-20T23:00:00.000Z"],
    ["a week", "2026-11-20T12:00:00Z", 7, "Europe/Berlin", "2026-11-26T23:00:00.000Z"],
    ["over the day on which clocks go back", "2026-10-24T12:00:00Z", 2, "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
    ["over the day on which clocks go forward", "2026-03-28T12:00:00Z", 2, "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["in a zone behind UTC", "2026-11-20T02:00:00Z", 1, "America/New_York", "2026-11-20T05:00:00.000Z"],
  ])("%s", (_name, last, days, timeZone, ends) => {
    expect(gapEndsAt(at(last), days, timeZone).toISOString()).toBe(ends);
  });

  it("looks back as far as it reaches forward", () => {
    for (const days of [1, 2, 7, 30]) {
      for (const timeZone of ["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]) {
        const last = at("2026-10-24T20:15:00Z");
        const first = gapEndsAt(last, days, timeZone);
        expect(gapReachesBackTo(first, days, timeZone).getTime()).toBeGreaterThan(last.getTime());
        expect(gapReachesBackTo(new Date(first.getTime() - 1), days, timeZone).getTime()).toBeLessThanOrEqual(last.getTime());
      }
    }
  });
});
