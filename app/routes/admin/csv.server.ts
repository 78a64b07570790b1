/** Streams a CSV file page by page: the memory it takes does not grow with the list. */
import type { Page, Position } from "../../lib/page";
import { csvLine } from "../../lib/csv";

const EXPORT_PAGE = 1000;
/** One million rows; what a spreadsheet can open ends there too. */
const MAX_PAGES = 1000;

interface Export<T> {
  filename: string;
  headings: string[];
  read(position: Position, size: number): Promise<Page<T>>;
  keyOf(row: T): string[];
  cellsOf(row: T): (string | number | null)[];
}

/** The answer that downloads the rows. */
export function csvResponse<T>({ filename, headings, read, keyOf, cellsOf }: Export<T>): Response {
  async function* lines(): AsyncGenerator<string> {
    yield `\uFEFF${csvLine(headings)}`; // the mark tells spreadsheets that this is UTF-8
    let position: Position = null;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page: Page<T> = await read(position, EXPORT_PAGE);
      yield page.rows.map((row) => csvLine(cellsOf(row))).join("");
      const last = page.rows.at(-1);
      if (!last || !page.next) return;
      position = { direction: "after", key: keyOf(last) };
    }
  }
  const source = lines();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(new TextEncoder().encode(value));
    },
    cancel: () => void source.return(undefined),
  });
  const headers = { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="${filename}"`, "Cache-Control": "no-store" };
  return new Response(body, { headers });
}
