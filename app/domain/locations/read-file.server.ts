/** Reads an uploaded CSV of locations: the fate of every row. */
import { z } from "zod";
import { readCsv, UnreadableFile, type CsvRow } from "../../lib/csv-file";
import type { Location } from "./location";

const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_LOCATIONS = 100_000;
const COLUMNS = ["id", "name", "zone", "concept"] as const;
type Column = (typeof COLUMNS)[number];

/** A row that says no location, and what to do about it. */
export interface FailedRow {
  line: number;
  message: string;
}

export type LocationFile =
  | { outcome: "read"; locations: Location[]; failed: FailedRow[] }
  /** The file cannot be used at all. */
  | { outcome: "refused"; message: string };

const Cell = z.string().trim().max(100, "may have at most 100 characters.");
const Row = z.object({
  id: Cell.min(1, "is empty."),
  name: Cell.min(1, "is empty."),
  zone: Cell.transform((text) => text || null),
  concept: Cell.transform((text) => text || null),
});

/** Reads the columns id, name, zone and concept (the last two may be left out) of a CSV file. */
export async function readLocations(chunks: AsyncIterable<Uint8Array>): Promise<LocationFile> {
  try {
    return { outcome: "read", ...(await readRows(readCsv(chunks, { maxBytes: MAX_FILE_BYTES }))) };
  } catch (error) {
    if (error instanceof UnreadableFile) return { outcome: "refused", message: error.message };
    throw error;
  }
}

async function readRows(parts: AsyncIterable<CsvRow[]>): Promise<{ locations: Location[]; failed: FailedRow[] }> {
  let places: Map<Column, number> | null = null;
  let count = 0;
  const locations = new Map<string, Location>();
  const failed: FailedRow[] = [];
  for await (const rows of parts) {
    for (const { line, cells } of rows) {
      if (places === null) {
        places = placesOf(cells);
        continue;
      }
      if (++count > MAX_LOCATIONS) throw new UnreadableFile(`The file has more than ${MAX_LOCATIONS.toLocaleString("en")} rows. Upload it in parts.`);
      const cell = (column: Column) => cells[places?.get(column) ?? -1] ?? "";
      const { data, error } = Row.safeParse({ id: cell("id"), name: cell("name"), zone: cell("zone"), concept: cell("concept") });
      const issue = error?.issues[0];
      if (issue) failed.push({ line, message: `The ${issue.path.join(".")} ${issue.message}` });
      else if (data && locations.has(data.id)) failed.push({ line, message: `The id “${data.id}” stands in an earlier line.` });
      else if (data) locations.set(data.id, data);
    }
  }
  if (places === null) throw new UnreadableFile("The file is empty. Its first line must name the columns id, name, zone and concept.");
  return { locations: [...locations.values()], failed };
}

function placesOf(header: string[]): Map<Column, number> {
  const places = new Map(COLUMNS.map((column) => [column, header.findIndex((name) => name.trim().toLowerCase() === column)]));
  const missing = (["id", "name"] as const).filter((column) => places.get(column) === -1);
  if (missing.length) throw new UnreadableFile(`The first line must name a column “${missing.join("” and a column “")}”.`);
  return places;
}
