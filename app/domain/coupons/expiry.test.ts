import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pool } from "../../lib/db.server";
import { couponExpiresAt, type ExpiryTerms } from "./expiry";

const RULE: ExpiryTerms = { expiryRule: "with_award", expiryCount: null, expiresOn: null, endsAt: null };
const days = (expiryCount: number): Partial<ExpiryTerms> => ({ expiryRule: "days", expiryCount });
const monthEnds = (expiryCount: number): Partial<ExpiryTerms> => ({ expiryRule: "month_ends", expiryCount });
const date = (text: string): Partial<ExpiryTerms> => ({ expiryRule: "date", expiresOn: new Date(text) });

describe("when a coupon ends", () => {
  it.each<[string, Partial<ExpiryTerms>, string, string, string | null]>([
    ["with the award", { endsAt: new Date("2026-12-24T12:00:00Z") }, "Europe/Berlin", "2026-11-12T10:00:00Z", null],
    ["the day of issue", days(0), "UTC", "2026-11-12T10:00:00Z", "2026-11-12T23:59:59.999Z"],
    ["the day after", days(1), "UTC", "2026-11-12T10:00:00Z", "2026-11-13T23:59:59.999Z"],
    ["in the shop's day, not in London's", days(0), "Asia/Tokyo", "2026-11-12T20:00:00Z", "2026-11-13T14:59:59.999Z"],
    ["issued in the last millisecond of a day", days(0), "UTC", "2026-11-12T23:59:59.999Z", "2026-11-12T23:59:59.999Z"],
    ["issued in the first", days(0), "UTC", "2026-11-13T00:00:00.000Z", "2026-11-13T23:59:59.999Z"],
    ["a day of 23 hours", days(0), "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T21:59:59.999Z"],
    ["a day of 25 hours", days(0), "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T22:59:59.999Z"],
    ["before a day that has no midnight", days(0), "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T21:59:59.999Z"],
    ["before a day that has two", days(0), "America/Havana", "2026-10-31T12:00:00Z", "2026-11-01T03:59:59.999Z"],
    ["over a leap day", days(1), "UTC", "2028-02-28T10:00:00Z", "2028-02-29T23:59:59.999Z"],
    ["over a new year", days(30), "UTC", "2026-12-15T10:00:00Z", "2027-01-14T23:59:59.999Z"],
    ["this month's end", monthEnds(0), "UTC", "2026-11-12T10:00:00Z", "2026-11-30T23:59:59.999Z"],
    ["next month's end", monthEnds(1), "UTC", "2026-11-12T10:00:00Z", "2026-12-31T23:59:59.999Z"],
    ["the end of February, issued on the 31st", monthEnds(1), "UTC", "2027-01-31T10:00:00Z", "2027-02-28T23:59:59.999Z"],
    ["of a leap year's", monthEnds(1), "UTC", "2028-01-31T10:00:00Z", "2028-02-29T23:59:59.999Z"],
    ["of a month that is over in Berlin, not in London", monthEnds(0), "Europe/Berlin", "2026-11-30T23:30:00Z", "2026-12-31T22:59:59.999Z"],
    ["two years on", monthEnds(24), "UTC", "2026-11-12T10:00:00Z", "2028-11-30T23:59:59.999Z"],
    ["at a date", date("2026-12-06T18:00:00Z"), "UTC", "2026-11-12T10:00:00Z", "2026-12-06T18:00:00.000Z"],
    ["at a date that was", date("2026-10-06T18:00:00Z"), "UTC", "2026-11-12T10:00:00Z", "2026-10-06T18:00:00.000Z"],
    ["never after the award", { ...days(30), endsAt: new Date("2026-11-20T12:00:00Z") }, "UTC", "2026-11-12T10:00:00Z", "2026-11-20T12:00:00.000Z"],
    ["nor by a date", { ...date("2027-01-01T00:00:00Z"), endsAt: new Date("2026-11-20T12:00:00Z") }, "UTC", "2026-11-12T10:00:00Z", "2026-11-20T12:00:00.000Z"],
  ])("%s", (_name, rule, timeZone, issuedAt, expected) => {
    expect(couponExpiresAt({ ...RULE, ...rule }, timeZone, new Date(issuedAt))?.toISOString() ?? null).toBe(expected);
  });

  const ZONES = [
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "America/St_Johns", "Atlantic/Azores",
  ];
  const instant = (from: string, until: string) => fc.date({ min: new Date(from), max: new Date(until), noInvalidDate: true });
  const Rule = fc.record({
    expiryRule: fc.constantFrom("with_award", "days", "month_ends", "date"),
    expiryCount: fc.nat(400),
    expiresOn: instant("2024-01-01", "2036-01-01"),
    endsAt: fc.option(instant("2024-01-01", "2036-01-01")),
  });

  it("is the same in SQL, for any rule, zone and instant", async () => {
    const client = await pool.connect();
    try {
      await fc.assert(
        fc.asyncProperty(Rule, fc.constantFrom(...ZONES), instant("2024-01-01", "2030-01-01"), async (rule, timeZone, issuedAt) => {
          const { rows } = await client.query<{ at: Date | null }>({
            name: "expires", text: `SELECT coupon_expires_at($1::"ExpiryRule", $2, $3, $4, $5, $6) AS at`,
            values: [rule.expiryRule, rule.expiryCount, rule.expiresOn, rule.endsAt, timeZone, issuedAt],
          });
          expect(rows[0]?.at ?? null).toEqual(couponExpiresAt(rule, timeZone, issuedAt));
        }),
        { numRuns: 2000 },
      );
    } finally {
      client.release();
    }
  });
});
