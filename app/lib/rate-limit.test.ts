import { describe, expect, it } from "vitest";
import { rateLimit } from "./rate-limit";

const at = (ms: number) => new Date(1_800_000_000_000 + ms);

describe("how often somebody may ask", () => {
  it("counts down, makes the caller wait for the rest of the window, and begins anew", () => {
    const count = rateLimit({ limit: 2, windowMs: 1000, keysLimit: 10 });
    expect(count("a", at(0))).toEqual({ waitMs: 0, remaining: 1, resetMs: 1000 });
    expect(count("a", at(400))).toEqual({ waitMs: 0, remaining: 0, resetMs: 600 });
    expect(count("a", at(900))).toEqual({ waitMs: 100, remaining: 0, resetMs: 100 });
    expect(count("b", at(900))).toMatchObject({ waitMs: 0 });
    expect(count("a", at(1000))).toEqual({ waitMs: 0, remaining: 1, resetMs: 1000 });
  });

  it("remembers no more keys than it may: the oldest is forgotten", () => {
    const count = rateLimit({ limit: 1, windowMs: 1000, keysLimit: 2 });
    for (const key of ["a", "b", "c"]) count(key, at(0));
    expect(count("a", at(1)).waitMs).toBe(0);
    expect(count("c", at(1)).waitMs).toBe(999);
  });
});
