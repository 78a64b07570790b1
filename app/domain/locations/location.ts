/** The places where coupons are used, as the integrator's tills name them, and the groups they belong to. Pure. */
import { parse } from "csv-parse/sync";
import { z } from "zod";

export const MAX_LOCATIONS = 100_000;
const COLUMNS = ["id", "name", "zone", "concept"] as const;
type Column = (typeof COLUMNS)[number];

export interface Location {
  id: string;
  name: string;
  /** A district, city or country that several belong to. */
  zone: string | null;
  /** What kind of place it is: flagship, outlet, café. */
  concept: string | null;
}

/** A row that says no location, and what to do about it. */
export interface FailedRow {
  line: number;
  message: string;
}

export type LocationFile =
  | { outcome: "read"; locations: Location[]; failed: FailedRow[] }
  /** The file cannot be used at all. */
  | { outcome: "refused"; message: string };

const Cell = z.string().trim().max(100, "at most 100 characters.");
const Row = z.object({
  id: Cell.min(1, "is empty."),
  name: Cell.min(1, "is empty."),
  zone: Cell.transform((text) => text || null),
  concept: Cell.transform((text) => text || null),
});

/** Reads a CSV with the columns id, name, zone and concept (the last two may be left out); commas, semicolons or tabs. */
export function readLocations(text: string): LocationFile {
  const rows = readRows(text);
  if (typeof rows === "string") return { outcome: "refused", message: rows };
  const [header, ...body] = rows;
  if (!header) return { outcome: "refused", message: "The file is empty. Its first line must name the columns id, name, zone and concept." };
  const places = new Map(COLUMNS.map((column) => [column, header.record.findIndex((name) => name.trim().toLowerCase() === column)]));
  const missing = (["id", "name"] as const).filter((column) => places.get(column) === -1);
  if (missing.length) return { outcome: "refused", message: `The first line must name a column “${missing.join("” and a column “")}”.` };
  if (body.length > MAX_LOCATIONS) return { outcome: "refused", message: `At most ${MAX_LOCATIONS.toLocaleString("en")} locations in one file.` };

  const locations = new Map<string, Location>();
  const failed: FailedRow[] = [];
  for (const { record, line } of body) {
    const cell = (column: Column) => record[places.get(column) ?? -1] ?? "";
    const row = Row.safeParse({ id: cell("id"), name: cell("name"), zone: cell("zone"), concept: cell("concept") });
    const issue = row.error?.issues[0];
    if (issue) failed.push({ line, message: `The ${issue.path.join(".")} ${issue.message}` });
    else if (row.data && locations.has(row.data.id)) failed.push({ line, message: `The id “${row.data.id}” stands in an earlier line.` });
    else if (row.data) locations.set(row.data.id, row.data);
  }
  return { outcome: "read", locations: [...locations.values()], failed };
}

function readRows(text: string): { record: string[]; line: number }[] | string {
  try {
    const rows = parse(text, { delimiter: [",", ";", "\t"], bom: true, info: true, relaxColumnCount: true, skipEmptyLines: true, trim: true }) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    return `The file is not a proper CSV: ${error instanceof Error ? error.message : String(error)}`;
  }
}
