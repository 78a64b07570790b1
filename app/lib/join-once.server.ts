/** How statements are planned that go over many rows at once. */
import type { Tx } from "./db.server";

/**
 * From here on in this transaction joins read each side once. Statistics do not know rows that have just come in, nor what a WITH finds:
 * what is planned for one row would be done ten thousand times over. Look-ups by a key are no joins (LATERAL, OFFSET 0) and stay.
 */
export async function joinOnce(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_nestloop', 'jit']) AS name`;
}
