/** Reads about locations. */
import { prisma } from "../../lib/db.server";
import { cutPage, PAGE_SIZE, type Page, type Position } from "../../lib/page";
import type { Location } from "./location";

/** One page of the shop's locations by name. `text`: part of a name, or a whole id. */
export async function listLocations(shopId: number, { text, position, size = PAGE_SIZE }: { text: string; position: Position; size?: number }): Promise<Page<Location>> {
  const backwards = position?.direction === "before";
  const [name = "", id = ""] = position?.key ?? [];
  const wanted = text.trim();
  const edge = { OR: [{ name: backwards ? { lt: name } : { gt: name } }, { name, id: backwards ? { lt: id } : { gt: id } }] };
  const order = backwards ? "desc" : "asc";
  const rows = await prisma.location.findMany({
    where: { shopId, AND: [wanted ? { OR: [{ id: wanted }, { name: { contains: wanted, mode: "insensitive" } }] } : {}, position ? edge : {}] },
    orderBy: [{ name: order }, { id: order }],
    take: size + 1,
    select: { id: true, name: true, zone: true, concept: true },
  });
  return cutPage(rows, position, (row) => [row.name, row.id], size);
}

const GROUPS_LIMIT = 1_000;

/** The names of all zones and concepts that locations belong to. */
export async function listGroups(shopId: number): Promise<{ zones: string[]; concepts: string[] }> {
  const [zones, concepts] = await Promise.all([
    prisma.$queryRaw<{ name: string }[]>`SELECT DISTINCT "zone" AS "name" FROM "Location" WHERE "shopId" = ${shopId} AND "zone" IS NOT NULL ORDER BY 1 LIMIT ${GROUPS_LIMIT}`,
    prisma.$queryRaw<{ name: string }[]>`SELECT DISTINCT "concept" AS "name" FROM "Location" WHERE "shopId" = ${shopId} AND "concept" IS NOT NULL ORDER BY 1 LIMIT ${GROUPS_LIMIT}`,
  ]);
  return { zones: zones.map(({ name }) => name), concepts: concepts.map(({ name }) => name) };
}

export interface Places {
  locationIds: string[];
  zones: string[];
  concepts: string[];
}

/** Those of the places that the shop does not have. */
export async function unknownPlaces(shopId: number, { locationIds, zones, concepts }: Places): Promise<Places> {
  const [ids, groups] = await Promise.all([
    locationIds.length === 0 ? [] : prisma.location.findMany({ where: { shopId, id: { in: locationIds } }, select: { id: true } }),
    zones.length + concepts.length === 0 ? [] : prisma.location.findMany({ where: { shopId, OR: [{ zone: { in: zones } }, { concept: { in: concepts } }] }, distinct: ["zone", "concept"], select: { zone: true, concept: true } }),
  ]);
  const missing = (wanted: string[], known: (string | null)[]) => wanted.filter((name) => !known.includes(name));
  return {
    locationIds: missing(locationIds, ids.map(({ id }) => id)),
    zones: missing(zones, groups.map(({ zone }) => zone)),
    concepts: missing(concepts, groups.map(({ concept }) => concept)),
  };
}
