import { describe, expect, it } from "vitest";
import { readCodeFile } from "./file.server";

/** Arrives in pieces, as an upload does; small ones split characters in the middle. */
async function* upload(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

const read = (text: string | Uint8Array, size?: number) => readCodeFile(upload(typeof text === "string" ? Buffer.from(text) : text, size));

describe("an uploaded CSV", () => {
  it("reads the column called code, wherever it stands and however it is written", async () => {
    expect(await read('Note, CODE ,Value\r\n"first, of all",abc-1,5\r\nsecond,"abc-2",6\r\n')).toEqual({
      outcome: "read",
      listed: [{ line: 2, code: "ABC-1" }, { line: 3, code: "ABC-2" }],
      failed: [],
    });
  });

  it("reads whom a code is for, where a column is called customer and says it", async () => {
    expect(await read("Customer,code\namira@example.com,a1\n,a2\n4711, a3 \n")).toMatchObject({ listed: [{ line: 2, code: "A1", customer: "amira@example.com" }, { line: 3, code: "A2" }, { line: 4, code: "A3", customer: "4711" }] });
  });

  it.each([";", "\t"])("reads files separated by %j", async (separator) => {
    expect(await read(`id${separator}code\n1${separator}x1\n`)).toMatchObject({ listed: [{ line: 2, code: "X1" }] });
  });

  it("names every row that cannot be used", async () => {
    const file = await read('code,note\nGOOD,\ngood,again\n,nothing\n=1+1,formula\n"A\nB",two lines\n');
    expect(file).toEqual({
      outcome: "read",
      listed: [{ line: 2, code: "GOOD" }],
      failed: [
        { line: 3, code: "good", reason: "duplicate_in_list" },
        { line: 4, code: "", reason: "empty" },
        { line: 5, code: "=1+1", reason: "malformed" },
        { line: 7, code: "A\nB", reason: "malformed" },
      ],
    });
  });

  it("says which columns a file has that lacks the one it needs", async () => {
    expect(await read("coupon,value\nA1,5\n")).toEqual({ outcome: "refused", message: "The first line must name a column “code”; it has “coupon”, “value”." });
  });

  it("lets go of a large upload as soon as its header is wrong", async () => {
    let sent = 0;
    async function* endless() {
      yield Buffer.from("coupon\n");
      for (; sent < 5000; sent++) yield Buffer.alloc(65_536, "A1\n");
    }
    expect(await readCodeFile(endless())).toMatchObject({ outcome: "refused" });
    expect(sent).toBeLessThan(500);
  });

  it("refuses a row that has no end, and one of thousands of columns, before it is held in memory", async () => {
    let sent = 0;
    async function* unclosed() {
      yield Buffer.from('code,note\nA1,"');
      for (; sent < 5000; sent++) yield Buffer.alloc(65_536, "a");
    }
    expect(await readCodeFile(unclosed())).toEqual({ outcome: "refused", message: "A row has more than 100,000 characters. Look for a quotation mark that is not closed." });
    expect(sent).toBeLessThan(500);
    expect(await read(`code${",".repeat(199)}\nA1\n`)).toMatchObject({ listed: [{ code: "A1" }] });
    expect(await read(`code${",".repeat(200)}\nA1\n`)).toEqual({ outcome: "refused", message: "Line 1 has more than 200 columns. Leave out those that are not needed." });
  });

  it("refuses an empty file and a header without rows differently", async () => {
    expect(await read("")).toMatchObject({ outcome: "refused" });
    expect(await read("code\n")).toEqual({ outcome: "read", listed: [], failed: [] });
  });

  it("reads UTF-8 with a byte order mark, split anywhere", async () => {
    expect(await read("\ufeffcode,name\nA1,Käse\nA2,漢字\n", 1)).toMatchObject({ outcome: "read", listed: [{ code: "A1" }, { code: "A2" }] });
  });

  it("reads what Excel calls Unicode text", async () => {
    const text = Buffer.from("\ufeffcode\tname\nA1\tKäse\n", "utf16le");
    expect(await read(text, 3)).toMatchObject({ outcome: "read", listed: [{ code: "A1" }] });
  });

  it.each([
    ["Latin-1", Buffer.from("code,name\nA1,Käse\n", "latin1")],
    ["UTF-16 without a mark", Buffer.from("code\nA1\n", "utf16le")],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])],
  ])("refuses %s and says how to save it", async (_, bytes) => {
    expect(await read(bytes)).toMatchObject({ outcome: "refused", message: expect.stringContaining("CSV UTF-8") });
  });

  it("refuses broken quoting with the line", async () => {
    expect(await read('code\n"A1\nA2\n')).toMatchObject({ outcome: "refused", message: expect.stringMatching(/not a proper CSV/) });
  });

  it("reads 100,000 rows", async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => `ROW-${index},x`).join("\n");
    const file = await read(`code,note\n${rows}\n`);
    expect(file.outcome === "read" && file.listed.length).toBe(100_000);
  });
});
