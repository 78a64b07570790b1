/** Reads an uploaded CSV of codes as it streams in: encoding, header, then the fate of every row. */
import { parse } from "csv-parse";
import { collectCodes, type CodeList } from "./list";

export const MAX_FILE_BYTES = 50 * 1024 * 1024;
export const MAX_FILE_CODES = 1_000_000;
const DELIMITERS = [",", ";", "\t"];

export type CodeFile = ({ outcome: "read" } & CodeList) | { outcome: "refused"; message: string };

/** A file that cannot be used at all; its message tells the merchant what to do. */
class Unreadable extends Error {}

/**
 * Reads the column `code` of a CSV file (comma, semicolon or tab; UTF-8, or UTF-16 with its mark), and `customer` where it has
 * one; other columns are left alone.
 */
export async function readCodeFile(chunks: AsyncIterable<Uint8Array>): Promise<CodeFile> {
  try {
    return { outcome: "read", ...(await readRows(decode(chunks))) };
  } catch (error) {
    if (error instanceof Unreadable) return { outcome: "refused", message: error.message };
    if (isCsvError(error)) return { outcome: "refused", message: `The file is not a proper CSV: ${error.message}` };
    throw error;
  }
}

async function readRows(text: AsyncIterable<string>): Promise<CodeList> {
  const collect = collectCodes();
  const parser = parse({ delimiter: DELIMITERS, info: true, relaxColumnCount: true, skipEmptyLines: true, trim: true });
  const feeding = feed(text, parser);
  let columns: Columns | null = null;
  let count = 0;
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    if (columns === null) columns = columnsOf(record);
    else if (++count > MAX_FILE_CODES) throw new Unreadable(`The file has more than ${MAX_FILE_CODES.toLocaleString("en")} rows. Upload it in parts.`);
    else collect.add(info.lines, record[columns.code] ?? "", record[columns.customer]);
  }
  await feeding;
  if (columns === null) throw new Unreadable("The file is empty. Its first line must name a column “code”.");
  return collect.list;
}

/** Writes the text into the parser at the parser's own pace; what goes wrong on the way ends the parser with it. */
async function feed(text: AsyncIterable<string>, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const part of text) {
      if (parser.destroyed) return;
      if (!parser.write(part)) await drained(parser);
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Room again, or nobody reads any more. */
function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      parser.off("drain", go).off("close", go);
      resolve();
    };
    parser.on("drain", go).on("close", go);
  });
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
  throw new Unreadable(`The first line must name a column “code”; it has ${names.join(", ")}.`);
}

/** Bytes to text: UTF-8 (with or without mark) or marked UTF-16; anything else is refused with the way out. */
async function* decode(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > MAX_FILE_BYTES) throw new Unreadable("The file is larger than 50 MB. Upload it in parts.");
    if (chunk.byteLength === 0) continue;
    decoder ??= decoderFor(chunk);
    yield decodeChunk(decoder, chunk, true);
  }
  if (decoder) yield decodeChunk(decoder, new Uint8Array(0), false);
}

function decoderFor(first: Uint8Array): TextDecoder {
  const [one, two] = first;
  if (one === 0xff && two === 0xfe) return new TextDecoder("utf-16le", { fatal: true });
  if (one === 0xfe && two === 0xff) return new TextDecoder("utf-16be", { fatal: true });
  if (first.subarray(0, 1000).includes(0)) throw new Unreadable("The file is not text. Save it as “CSV UTF-8” and upload it again.");
  return new TextDecoder("utf-8", { fatal: true });
}

function decodeChunk(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw new Unreadable("The file is not in UTF-8. Save it as “CSV UTF-8” and upload it again.");
  }
}

function isCsvError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("CSV_");
}
