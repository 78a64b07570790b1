import { expect, it } from "vitest";
import { csvLine } from "./csv";

it.each([
  [["plain", 5, null], "plain,5,\r\n"],
  [['a "quoted", cell'], '"a ""quoted"", cell"\r\n'],
  [["one; or two", "a\tb"], '"one; or two","a\tb"\r\n'],
  [["=HYPERLINK(1)", "+1", "-1", "@x"], "'=HYPERLINK(1),'+1,'-1,'@x\r\n"],
  [[-5], "-5\r\n"],
])("writes %j as a spreadsheet reads it", (cells, line) => expect(csvLine(cells)).toBe(line));
