/** Codes that somebody else made: what one may look like, and what becomes of every entry of a pasted list. Pure. */

/** Shopify's own limit. */
export const MAX_LISTED_LENGTH = 255;
export const MAX_PASTE_CODES = 100_000;
export const MAX_PASTE_BYTES = 10 * 1024 * 1024;

export interface ListedCode {
  /** 1-based line of the text or file it stands on. */
  line: number;
  /** Trimmed and upper case. */
  code: string;
  /** Who alone is to have it, as the list names them. */
  customer?: string;
}

export const CODE_FAULTS = {
  empty: "There is no code on this line.",
  malformed: "Only letters A–Z, digits, dashes, dots and underscores can be used, starting with a letter or digit.",
  too_long: `Longer than ${MAX_LISTED_LENGTH} characters.`,
  duplicate_in_list: "Stands in the list more than once; upper and lower case are the same code.",
  already_ours: "Another award has this code already.",
  already_here: "This award has this code already.",
  unknown_customer: "No customer goes by this id, e-mail or phone number, or more than one does.",
  already_over: "It would be over before it begins.",
  after_award: "It would outlive its award.",
  bad_limit: "A use limit is a whole number from 1 to 1,000,000,000.",
  bad_minimum: "A minimum is an amount above 0.",
  used_up: "The pattern has no code left to make.",
} as const;
export type CodeFault = keyof typeof CODE_FAULTS;

export interface FailedCode {
  line: number;
  /** As it was written, at most 60 characters of it. */
  code: string;
  reason: CodeFault;
}

/** Every entry has exactly one fate: listed or failed. */
export interface CodeList {
  listed: ListedCode[];
  failed: FailedCode[];
}

export type PastedList = ({ outcome: "read" } & CodeList) | { outcome: "refused"; message: string };

/** Reads a pasted list: one code or several per line, separated by commas, semicolons or line breaks; blank entries are no entries. */
export function parseCodeList(text: string): PastedList {
  if (text.length > MAX_PASTE_BYTES || utf8Length(text) > MAX_PASTE_BYTES) {
    return { outcome: "refused", message: "The list is larger than 10 MB. Upload it as a CSV file, or paste it in parts." };
  }
  const collect = collectCodes();
  let line = 0;
  let count = 0;
  for (const row of text.split(/\r\n|\n|\r/)) {
    line++;
    for (const entry of row.split(/[,;]/)) {
      if (!entry.trim()) continue;
      if (++count > MAX_PASTE_CODES) {
        return { outcome: "refused", message: `The list has more than ${MAX_PASTE_CODES.toLocaleString("en")} codes: line ${line.toLocaleString("en")} and what follows is too much. Upload it as a CSV file, or paste it in parts.` };
      }
      collect.add(line, entry);
    }
  }
  return { outcome: "read", ...collect.list };
}

/** Gathers entries into a list, deciding the fate of each as it comes. */
export function collectCodes(): { add(line: number, entry: string, customer?: string): void; list: CodeList } {
  const seen = new Set<string>();
  const list: CodeList = { listed: [], failed: [] };
  const add = (line: number, entry: string, customer = "") => {
    const code = storedCode(entry);
    const reason = codeFault(code) ?? (seen.has(code) ? "duplicate_in_list" : null);
    if (reason) list.failed.push({ line, code: entry.trim().slice(0, 60), reason });
    else {
      seen.add(code);
      list.listed.push(customer ? { line, code, customer } : { line, code });
    }
  };
  return { add, list };
}

/** A code as it is stored and looked up: without blanks around it, upper case. Letters beyond A–Z stay as they are: “straße” in upper case would be another code than the one that was printed. */
export function storedCode(text: string): string {
  return text.trim().replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** What is wrong with a code by itself, or null. A first character of = + - @ would run as a formula in a spreadsheet. */
export function codeFault(code: string): "empty" | "malformed" | "too_long" | null {
  if (code === "") return "empty";
  if (code.length > MAX_LISTED_LENGTH) return "too_long";
  return /^[A-Z0-9][A-Z0-9._-]*$/.test(code) ? null : "malformed";
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
