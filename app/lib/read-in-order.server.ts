/** How a statement is planned that reads the first rows of many. */
import type { Tx } from "./db.server";

/**
 * From here on in this transaction rows are read in the order of an index, and no more of them than are asked for. Statistics do not know
 * how many rows a shop has: where few are expected, all are fetched and sorted for the sake of the first.
 */
export async function readInOrder(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_bitmapscan', 'enable_sort']) AS name`;
}
