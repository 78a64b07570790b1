/** Reads a CSV file as it streams in, in bounded memory: bytes to text, text to rows, a few hundred rows at a time. */
import { parse } from "csv-parse";

const SEPARATORS = [",", ";", "\t"];
/** One file may hold several: parts of it were written on different machines. */
const LINE_ENDS = ["\r\n", "\n", "\r"];
/** Rows handed on at once. */
const ROWS = 500;
/** Of one row; a quote that is never closed makes one row of the rest of the file. */
const MAX_ROW_LENGTH = 100_000;
const MAX_COLUMNS = 200;

/** A file that cannot be used at all; its message tells the reader what to do. */
export class UnreadableFile extends Error {}

export interface CsvRow {
  /** 1-based line of the file the row ends on. */
  line: number;
  cells: string[];
}

/**
 * The rows of a CSV file (comma, semicolon or tab; UTF-8, or UTF-16 with its mark), the first line among them. Blank lines are
 * none, cells are trimmed. Throws UnreadableFile where the file cannot be read to its end.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>, { maxBytes }: { maxBytes: number }): AsyncGenerator<CsvRow[]> {
  const { separator, text } = await findSeparator(decode(chunks, maxBytes));
  const parser = parse({ delimiter: separator, recordDelimiter: LINE_ENDS, info: true, relaxColumnCount: true, skipEmptyLines: true, trim: true, maxRecordSize: MAX_ROW_LENGTH });
  const feeding = feed(text, parser);
  try {
    let rows: CsvRow[] = [];
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (record.length > MAX_COLUMNS) throw new UnreadableFile(`Line ${info.lines} has more than ${MAX_COLUMNS} columns. Leave out those that are not needed.`);
      rows.push({ line: info.lines, cells: record });
      if (rows.length < ROWS) continue;
      yield rows;
      rows = [];
    }
    await feeding;
    if (rows.length > 0) yield rows;
  } catch (error) {
    if (isCsvError(error) && error.code === "CSV_MAX_RECORD_SIZE") throw new UnreadableFile(`A row has more than ${MAX_ROW_LENGTH.toLocaleString("en")} characters. Look for a quotation mark that is not closed.`);
    throw isCsvError(error) ? new UnreadableFile(`The file is not a proper CSV: ${error.message}`) : error;
  }
}

/** Of the three signs the one that the first line has most of: the others are a part of what cells say. */
async function findSeparator(text: AsyncGenerator<string>): Promise<{ separator: string; text: AsyncGenerator<string> }> {
  let beginning = "";
  let line: string | null = null;
  while (line === null && beginning.length <= MAX_ROW_LENGTH) {
    const { value, done } = await text.next();
    if (done) break;
    beginning += value;
    line = firstLine(beginning);
  }
  const signs = line ?? unquoted(beginning);
  const counts = SEPARATORS.map((sign) => ({ sign, count: signs.split(sign).length }));
  const { sign } = counts.reduce((most, next) => (next.count > most.count ? next : most));
  return { separator: sign, text: resumed(beginning, text) };
}

async function* resumed(beginning: string, text: AsyncGenerator<string>): AsyncGenerator<string> {
  yield beginning;
  yield* text;
}

/** The first line that is not blank, without what it quotes; null: it is not all here. */
function firstLine(text: string): string | null {
  return /([^\r\n]*\S[^\r\n]*)[\r\n]/.exec(unquoted(text))?.[1] ?? null;
}

const unquoted = (text: string) => text.replace(/"[^"]*(?:"|$)/g, '"');

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

/** Bytes to text: UTF-8 (with or without mark) or marked UTF-16; anything else is refused with the way out. */
async function* decode(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new UnreadableFile(`The file is larger than ${Math.floor(maxBytes / 2 ** 20)} MB. Upload it in parts.`);
    if (chunk.byteLength === 0) continue;
    decoder ??= decoderFor(chunk);
    yield decodeChunk(decoder, chunk, true);
  }
  if (decoder) yield decodeChunk(decoder, new Uint8Array(0), false);
}

const NOT_TEXT = "The file is not text. Save it as “CSV UTF-8” and upload it again.";

function decoderFor(first: Uint8Array): TextDecoder {
  const [one, two] = first;
  if (one === 0xff && two === 0xfe) return new TextDecoder("utf-16le", { fatal: true });
  if (one === 0xfe && two === 0xff) return new TextDecoder("utf-16be", { fatal: true });
  if (first.subarray(0, 1000).includes(0)) throw new UnreadableFile(NOT_TEXT);
  return new TextDecoder("utf-8", { fatal: true });
}

function decodeChunk(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string {
  const text = decodeText(decoder, chunk, stream);
  if (text.includes("\0")) throw new UnreadableFile(NOT_TEXT);
  return text;
}

function decodeText(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw new UnreadableFile("The file is not in UTF-8. Save it as “CSV UTF-8” and upload it again.");
  }
}

function isCsvError(error: unknown): error is Error & { code: unknown } {
  return error instanceof Error && "code" in error && String(error.code).startsWith("CSV_");
}
