/** The check against recorded answers, and that it can fail. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { checkCaptures } from "./captures";

const OWN = resolve("test/store/fixtures/recordings");
const RECORDED = process.env["CAPTURES"] ?? resolve("../shared/captures");

function check(folder: string): { passed: boolean; lines: string[] } {
  const lines: string[] = [];
  return { passed: checkCaptures(folder, (line) => lines.push(line)), lines };
}

/** The check of our own recording with one text in it changed. */
function checkChanged(from: string, to: string): { passed: boolean; lines: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "recordings-"));
  try {
    const original = readFileSync(join(OWN, "code-that-exists.json"), "utf8");
    expect(original).toContain(from);
    writeFileSync(join(folder, "changed.json"), original.replaceAll(from, to));
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the check against recordings", () => {
  test("passes where the store answers as recorded", () => {
    expect(check(OWN)).toEqual({ passed: true, lines: ["3 matched, 0 differing, 0 unsupported"] });
  });

  test.each([
    ["a message", "Code must be unique. Please", "Code must be different. Please"],
    ["a code", '"TAKEN"', '"INVALID"'],
    ["a status", '"status": "ACTIVE"', '"status": "EXPIRED"'],
    ["an instant beyond the clock's tolerance", '"createdAt": "2026-07-14T15:49:38Z"', '"createdAt": "2026-07-14T15:49:38.000Z"'],
    ["a cost", '"requestedQueryCost": 14', '"requestedQueryCost": 15'],
    ["a null where something was", '"deletedCodeDiscountId": "gid://shopify/DiscountCodeNode/1660207006002"', '"deletedCodeDiscountId": null'],
    ["an id that is another one later", '"deletedCodeDiscountId": "gid://shopify/DiscountCodeNode/1660207006002"', '"deletedCodeDiscountId": "gid://shopify/DiscountCodeNode/99"'],
    ["a cursor on another row", "eyJsYXN0X2lkIjoyMjI3NTYzMTM1MDA2NiwibGFzdF92YWx1ZSI6IjIyMjc1NjMxMzUwMDY2In0=", "eyJsYXN0X2lkIjo5OSwibGFzdF92YWx1ZSI6Ijk5In0="],
  ])("fails on %s that changed", (_what, from, to) => {
    const { passed, lines } = checkChanged(from, to);
    expect(passed).toBe(false);
    expect(lines.at(-1)).toBe("2 matched, 1 differing, 0 unsupported");
  });

  test("says what is not modelled instead of passing it", () => {
    const { lines } = checkChanged("title status createdAt", "title status shareableUrls { url } createdAt");
    expect(lines.join("\n")).toContain("DiscountCodeBasic.shareableUrls is not supported by the local store");
    expect(lines.at(-1)).toMatch(/ 1 unsupported$/);
  });

  test.runIf(existsSync(RECORDED))("passes on the recordings of a real shop", { timeout: 60_000 }, () => {
    const { passed, lines } = check(RECORDED);
    expect(lines.filter((line) => line.startsWith("differing"))).toEqual([]);
    expect(passed).toBe(true);
  });
});
