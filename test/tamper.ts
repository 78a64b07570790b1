import { pool } from "#app/lib/db.server.ts";

/** Changes what is stored, as somebody with the rights of an owner of the database could. */
export async function tamper(sql: string, values: unknown[]): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SET LOCAL session_replication_role = replica");
    const { rowCount } = await client.query(sql, values);
    await client.query("COMMIT");
    return rowCount ?? 0;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}
