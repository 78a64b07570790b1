import { describe, expect, it, vi } from "vitest";
import { parseAwardId, parseId, publicId } from "./ids";
import { formatMoney, toDecimal, toMinor } from "./money";
import { instantOf, localTime } from "./zone";

describe("money", () => {
  it.each([
    ["12.5", "EUR", 1250],
    ["0.005", "EUR", 1],
    ["-3.10", "EUR", -310],
    ["1200", "JPY", 1200],
    ["1.2345", "KWD", 1235],
    ["0.004", "EUR", 0],
    ["500000000.00", "IDR", 50_000_000_000],
    ["10.50", "HUF", 1050],
    ["1.5", "TND", 1500],
    ["90071992547409.91", "EUR", Number.MAX_SAFE_INTEGER],
  ])("reads %s %s as %i", (decimal, currency, minor) => expect(toMinor(decimal, currency)).toBe(minor));

  it.each([
    [1250, "EUR", "12.50"],
    [5, "EUR", "0.05"],
    [-5, "EUR", "-0.05"],
    [1200, "JPY", "1200"],
    [1, "KWD", "0.001"],
  ])("writes %i %s as %s", (minor, currency, decimal) => expect(toDecimal(minor, currency)).toBe(decimal));

  it("shows every unit, also where print leaves them out", () => {
    expect(formatMoney(50_000_000_050, "IDR", "en")).toBe("IDR\u00a0500,000,000.50");
    expect(formatMoney(1250, "EUR", "en")).toBe("€12.50");
  });

  it.each(["", "1,5", "1e3", "NaN", "12.", "€3", "90071992547409.92"])("refuses %j", (text) => expect(() => toMinor(text, "EUR")).toThrow());
});

describe("ids", () => {
  it("carries its kind, and refuses another's", () => {
    expect(publicId("coupon", 42n)).toBe("cpn_42");
    expect(parseId("coupon", "cpn_42")).toBe(42n);
    expect(parseId("coupon", "red_42")).toBeNull();
    expect(parseId("coupon", "cpn_4 2")).toBeNull();
  });

  it("names an award by its number", () => {
    expect(parseAwardId("awd_7")).toBe(7);
    expect(parseAwardId("7")).toBe(7);
    expect(parseAwardId("0")).toBeNull();
  });
});

describe("the shop's time zone", () => {
  it.each([
    ["2026-11-12T23:59:59", "Europe/Berlin", "2026-11-12T22:59:59.000Z"],
    ["2026-07-01T00:00:00", "Europe/Berlin", "2026-06-30T22:00:00.000Z"],
    ["2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z"], // occurs twice: the first
    ["2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z"], // never occurs: 03:30 by the wall
    ["2026-11-12T12:00:00", "Asia/Kolkata", "2026-11-12T06:30:00.000Z"],
  ])("%s in %s is %s", (local, zone, utc) => expect(instantOf(local, zone).toISOString()).toBe(utc));

  it("reads back what it wrote", () => {
    expect(localTime(new Date("2026-11-12T22:59:59Z"), "Europe/Berlin")).toBe("2026-11-12T23:59:59");
  });

  it("asks the calendar once for what a busy minute asks a thousand times, and not about the minute in which the clocks go on", () => {
    const asked = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
    const shown = Array.from({ length: 1000 }, (_, n) => localTime(new Date(Date.UTC(2027, 2, 28, 0, 59, 0, n)), "Europe/Madrid"));
    expect(new Set(shown)).toEqual(new Set(["2027-03-28T01:59:00"]));
    expect(asked).toHaveBeenCalledTimes(1);
    expect(localTime(new Date("2027-03-28T00:59:59.999Z"), "Europe/Madrid")).toBe("2027-03-28T01:59:59");
    expect(localTime(new Date("2027-03-28T01:00:00Z"), "Europe/Madrid")).toBe("2027-03-28T03:00:00");
    asked.mockRestore();
  });
});
