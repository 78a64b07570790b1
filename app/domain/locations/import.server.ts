/** A merchant brings the list of places where coupons are used. */
import { inTransaction } from "../../lib/db.server";
import type { Location } from "./location";
import { readLocations, type FailedRow } from "./read-file.server";

const BATCH = 5_000;

export type ImportLocations =
  /** Rows that failed are named; the others stand. A location that the file does not name stays as it was. */
  | { outcome: "imported"; added: number; changed: number; unchanged: number; failed: FailedRow[] }
  /** Nothing was changed. */
  | { outcome: "refused"; message: string };

/** Adds and renames locations by a CSV of id, name, zone and concept. The same file again changes nothing. */
export async function importLocations(shopId: number, chunks: AsyncIterable<Uint8Array>): Promise<ImportLocations> {
  const file = await readLocations(chunks);
  if (file.outcome === "refused") return file;
  return { outcome: "imported", ...(await storeLocations(shopId, file.locations)), failed: file.failed };
}

/** Adds and renames locations, each id once; those that are not named stay as they are. */
export async function storeLocations(shopId: number, locations: Location[]): Promise<{ added: number; changed: number; unchanged: number }> {
  const kinds = await inTransaction(async (tx) => {
    const written: { isNew: boolean }[] = [];
    for (let from = 0; from < locations.length; from += BATCH) {
      const { ids, names, zones, concepts } = columnsOf(locations.slice(from, from + BATCH));
      // Sorted: two imports at once lock rows in the same order.
      written.push(...(await tx.$queryRaw<{ isNew: boolean }[]>`
        INSERT INTO "Location" AS l ("shopId", "id", "name", "zone", "concept")
        SELECT ${shopId}::int, n.* FROM unnest(${ids}::text[], ${names}::text[], ${zones}::text[], ${concepts}::text[]) AS n("id", "name", "zone", "concept") ORDER BY n."id"
        ON CONFLICT ("shopId", "id") DO UPDATE SET "name" = excluded."name", "zone" = excluded."zone", "concept" = excluded."concept"
        WHERE (l."name", l."zone", l."concept") IS DISTINCT FROM (excluded."name", excluded."zone", excluded."concept")
        RETURNING xmax = 0 AS "isNew"`));
    }
    return written;
  });
  const added = kinds.filter(({ isNew }) => isNew).length;
  return { added, changed: kinds.length - added, unchanged: locations.length - kinds.length };
}

function columnsOf(locations: Location[]) {
  return {
    ids: locations.map(({ id }) => id),
    names: locations.map(({ name }) => name),
    zones: locations.map(({ zone }) => zone),
    concepts: locations.map(({ concept }) => concept),
  };
}
