/** Writes CSV that a spreadsheet reads as text: a cell that would run as a formula is made harmless. */

/** One line, with its end. */
export function csvLine(cells: (string | number | null)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** Text that begins like a formula gets a leading apostrophe (CSV injection); a number stays a number. */
function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
