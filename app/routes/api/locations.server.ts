/** The calls about locations. */
import type * as calls from "../../contract/api/locations";
import { storeLocations } from "../../domain/locations/import.server";
import { listLocations as list } from "../../domain/locations/queries.server";
import { ApiRefusal } from "./door.server";
import type { Handler } from "./handler";
import { pageEnd, positionOf, TEXT_KEY } from "./page";

/** GET /locations */
export const listLocations: Handler<typeof calls.listLocations> = async ({ query }, { shop }) => {
  const page = await list(shop.id, { text: query.search, position: positionOf(query.cursor, [TEXT_KEY, TEXT_KEY]), size: query.limit });
  return { locations: page.rows, ...pageEnd(page) };
};

/** PUT /locations */
export const putLocations: Handler<typeof calls.putLocations> = async ({ body }, { shop }) => {
  const ids = new Set(body.locations.map(({ id }) => id));
  if (ids.size < body.locations.length) throw new ApiRefusal("argument_invalid", "locations: An id may stand in the list once.");
  return storeLocations(shop.id, body.locations.map(({ id, name, zone, concept }) => ({ id, name, zone: zone ?? null, concept: concept ?? null })));
};
