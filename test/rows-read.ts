/** How much of the tables a piece of work reads: what a bad plan shows by, on a fast machine as on a slow one. */
import pg from "pg";
import { env } from "#app/lib/env.server.ts";

/** Rows and index entries that were read in this test's database while the work was done, by whichever connection. */
export async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    const before = await readSoFar(client);
    await work();
    await endOthers(client);
    return (await readSoFar(client)) - before;
  } finally {
    await client.end();
  }
}

async function readSoFar(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ read: number }>(`
    SELECT ((SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables) + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes))::float8 AS read`);
  return rows[0]?.read ?? 0;
}

/** A connection says what it has read now and then, and when it ends. */
async function endOthers(client: pg.Client): Promise<void> {
  for (let left = -1; left !== 0; ) {
    const { rows } = await client.query<{ left: number }>(`
      SELECT count(pg_terminate_backend(pid))::int AS left FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`);
    left = rows[0]?.left ?? 0;
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
