/** Reads an uploaded CSV of codes as it streams in: header, then the fate of every row. */
import { readCsv, UnreadableFile } from "../../lib/csv-file";
import { collectCodes, type CodeList } from "./list";

export const MAX_FILE_BYTES = 50 * 1024 * 1024;
export const MAX_FILE_CODES = 1_000_000;

export type CodeFile = ({ outcome: "read" } & CodeList) | { outcome: "refused"; message: string };

/**
 * Reads the column `code` of a CSV file, and `customer` where it has one; other columns are left alone.
 */
export async function readCodeFile(chunks: AsyncIterable<Uint8Array>): Promise<CodeFile> {
  try {
    return { outcome: "read", ...(await readRows(chunks)) };
  } catch (error) {
    if (error instanceof UnreadableFile) return { outcome: "refused", message: error.message };
    throw error;
  }
}

async function readRows(chunks: AsyncIterable<Uint8Array>): Promise<CodeList> {
  const collect = collectCodes();
  let columns: Columns | null = null;
  let count = 0;
  for await (const rows of readCsv(chunks, { maxBytes: MAX_FILE_BYTES })) {
    for (const { line, cells } of rows) {
      if (columns === null) columns = columnsOf(cells);
      else if (++count > MAX_FILE_CODES) throw new UnreadableFile(`The file has more than ${MAX_FILE_CODES.toLocaleString("en")} rows. Upload it in parts.`);
      else collect.add(line, cells[columns.code] ?? "", cells[columns.customer]);
    }
  }
  if (columns === null) throw new UnreadableFile("The file is empty. Its first line must name a column “code”.");
  return collect.list;
}

interface Columns {
  code: number;
  /** -1: the file names no customers. */
  customer: number;
}

function columnsOf(header: string[]): Columns {
  const place = (wanted: string) => header.findIndex((name) => name.trim().toLowerCase() === wanted);
  const columns = { code: place("code"), customer: place("customer") };
  if (columns.code >= 0) return columns;
  const names = header.map((name) => `“${name.slice(0, 40)}”`).slice(0, 10);
  throw new UnreadableFile(`The first line must name a column “code”; it has ${names.join(", ")}.`);
}
