import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PASTE_BYTES, MAX_PASTE_CODES, parseCodeList } from "./list";

function read(text: string) {
  const list = parseCodeList(text);
  if (list.outcome !== "read") throw new Error(list.message);
  return list;
}

describe("a pasted list", () => {
  it("takes commas, semicolons and every kind of line break, and writes codes upper case", () => {
    expect(read("a1, b2;c3\r\nd4\re5\n\n , ;f6").listed).toEqual([
      { line: 1, code: "A1" },
      { line: 1, code: "B2" },
      { line: 1, code: "C3" },
      { line: 2, code: "D4" },
      { line: 3, code: "E5" },
      { line: 5, code: "F6" },
    ]);
  });

  it("names duplicates, also in other case", () => {
    const list = read("Summer\nWINTER\nsummer\nSUMMER");
    expect(list.listed.map(({ code }) => code)).toEqual(["SUMMER", "WINTER"]);
    expect(list.failed).toEqual([
      { line: 3, code: "summer", reason: "duplicate_in_list" },
      { line: 4, code: "SUMMER", reason: "duplicate_in_list" },
    ]);
  });

  it.each(["=1+1", "+A", "-A", "@A", "A B", "Ä1", "straße1", "ind\u0131rim10", "\u017fale", "o\ufb00er", "A\u200bB", "a'b", "50%", "<b>", "-", "."])("refuses %j as a code", (code) => {
    expect(read(`GOOD\n${code}`).failed).toEqual([{ line: 2, code, reason: "malformed" }]);
  });

  it("refuses what is longer than Shopify takes, and quotes only its beginning", () => {
    const { listed, failed } = read(`${"A".repeat(255)}\n${"B".repeat(256)}`);
    expect(listed).toHaveLength(1);
    expect(failed).toEqual([{ line: 2, code: "B".repeat(60), reason: "too_long" }]);
  });

  it("refuses more than 10 MB at once", () => {
    expect(parseCodeList("A".repeat(MAX_PASTE_BYTES + 1))).toMatchObject({ outcome: "refused", message: expect.stringContaining("10 MB") });
    expect(parseCodeList("é".repeat(MAX_PASTE_BYTES / 2 + 1))).toMatchObject({ outcome: "refused" });
  });

  it("refuses more codes than one paste may hold, naming the line from which on it is too much", () => {
    const lines = Array.from({ length: MAX_PASTE_CODES + 1 }, (_, index) => `C${index}`);
    expect(read(lines.slice(0, -1).join("\n")).listed).toHaveLength(MAX_PASTE_CODES);
    expect(parseCodeList(lines.join("\n"))).toMatchObject({ outcome: "refused", message: expect.stringContaining("line 100,001") });
  });

  it("gives every entry exactly one fate, whatever is pasted", () => {
    const entry = fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.constantFrom("A", "a", "A1", "=x", "A".repeat(300)));
    const separator = fc.constantFrom(",", ";", "\n", "\r\n", "\r", " , ");
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, separator), { maxLength: 60 }), (parts) => {
        const text = parts.flat().join("");
        const entries = text.split(/[,;\n\r]/).filter((each) => each.trim());
        const { listed, failed } = read(text);
        expect(listed.length + failed.length).toBe(entries.length);
        expect(new Set(listed.map(({ code }) => code)).size).toBe(listed.length);
      }),
    );
  });
});
