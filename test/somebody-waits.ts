/** For tests of races: holds the test until others have come to wait for a lock of the database. */
import { setTimeout as pause } from "node:timers/promises";
import { pool } from "#app/lib/db.server.ts";

const LOOKS = 2_000;

/** How many of this test's connections wait for a lock now. */
export async function countWaiting(): Promise<number> {
  const { rowCount } = await pool.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
  return rowCount ?? 0;
}

/** Until so many wait; fails if they never do. */
export async function somebodyWaits(count = 1): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if ((await countWaiting()) >= count) return;
    await pause(10);
  }
  throw new Error(`there were never ${count} who waited for a lock`);
}
