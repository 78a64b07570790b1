import { describe, expect, it } from "vitest";
import { remembered } from "./remembered";

describe("what is slow to make", () => {
  it("is made once for each key, and never more than the limit is kept", () => {
    const made: string[] = [];
    const get = remembered((key) => made.push(key) && `made for ${key}`, 2);
    expect([get("a"), get("b"), get("a")]).toEqual(["made for a", "made for b", "made for a"]);
    expect(made).toEqual(["a", "b"]);
    get("c"); // forgets a and b
    expect(get("a")).toBe("made for a");
    expect(made).toEqual(["a", "b", "c", "a"]);
  });
});
