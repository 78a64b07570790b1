import { describe, expect, it } from "vitest";
import { cutPage, readPosition, type Position } from "./page";

const ALL = Array.from({ length: 7 }, (_, index) => index + 1);

/** What a query with a LIMIT of size + 1 would answer for ascending numbers. */
function read(position: Position, size: number): number[] {
  const edge = Number(position?.key[0] ?? 0);
  if (position?.direction === "before") return ALL.filter((number) => number < edge).reverse().slice(0, size + 1);
  return ALL.filter((number) => number > edge).slice(0, size + 1);
}
const turn = (position: Position) => cutPage(read(position, 3), position, (number) => [String(number)], 3);
const at = (direction: "after" | "before", cursor: string | null) => readPosition(new URLSearchParams({ [direction]: cursor ?? "" }), 1);

describe("keyset pages", () => {
  it("turn forwards to the end and back to the beginning", () => {
    const first = turn(null);
    const second = turn(at("after", first.next));
    const third = turn(at("after", second.next));
    expect([first.rows, second.rows, third.rows]).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect([first.previous, third.next]).toEqual([null, null]);
    const back = turn(at("before", third.previous));
    expect(back.rows).toEqual([4, 5, 6]);
    expect(turn(at("before", back.previous)).rows).toEqual([1, 2, 3]);
    expect(turn(at("before", back.previous)).previous).toBeNull();
  });

  it.each(["", "nonsense", "%%%", btoa('{"a":1}'), btoa('["1","2"]'), btoa("[1]")])("take the cursor %j for the first page", (cursor) => {
    expect(readPosition(new URLSearchParams({ after: cursor }), 1)).toBeNull();
  });
});
