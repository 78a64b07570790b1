/** How the statements over a whole import are planned. */
import type { Tx } from "../../lib/db.server";

/**
 * From here on in this transaction joins read each side once. Statistics do not know an import that has just come in: what is planned
 * for one row would be done ten thousand times over. Look-ups by a key are not joins (LATERAL, OFFSET 0) and stay.
 */
export async function joinOnce(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_nestloop', 'jit']) AS name`;
}
