import { describe, expect, it } from "vitest";
import { answerSnippet, DELIVERY_HOURS, deliveryPauseMs, endpointPauseMs } from "./pace";

describe("trying again", () => {
  it("doubles its pauses up to four hours", () => {
    expect([1, 2, 3, 5, 9, 10, 11, 50].map((attempts) => deliveryPauseMs(attempts) / 60_000)).toEqual([0.5, 1, 2, 8, 128, 240, 240, 240]);
  });

  it("makes some twenty attempts before it gives up", () => {
    let [hours, attempts] = [0, 0];
    while (hours < DELIVERY_HOURS) hours += deliveryPauseMs(++attempts) / 3_600_000;
    expect(attempts).toBeGreaterThanOrEqual(18);
    expect(attempts).toBeLessThanOrEqual(22);
  });

  it("leaves an endpoint alone for ten minutes at most, so that one bad delivery steps aside", () => {
    expect([1, 2, 5, 6, 40].map((failures) => endpointPauseMs(failures) / 60_000)).toEqual([0.5, 1, 8, 10, 10]);
    expect(deliveryPauseMs(6)).toBeGreaterThan(endpointPauseMs(6));
  });
});

describe("what the log shows of an answer", () => {
  it.each([
    ["Not found", "Not found"],
    ["<html>\n\n  Bad\tgateway\u0000</html>", "<html> Bad gateway </html>"],
    ['{"user":"amira@example.com"}', '{"user":"…@…"}'],
    ["token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 refused", "token … refused"],
    ["x ".repeat(300), "x ".repeat(100)],
    ["", ""],
  ])("%j becomes %j", (text, expected) => expect(answerSnippet(text)).toBe(expected));
});
