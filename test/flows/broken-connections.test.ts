/** The database leaves in the middle of work, again and again: nothing that broke keeps its place in the pool. */
import { expect, it } from "vitest";
import { inTransaction, pool, prisma } from "#app/lib/db.server.ts";

/** A pool that leaks one place per broken transaction would be empty by then. */
const MORE_THAN_THE_POOL = pool.options.max + 2;

it("answers after more transactions were cut off than the pool has connections", async () => {
  for (let broken = 0; broken < MORE_THAN_THE_POOL; broken++) {
    await expect(inTransaction((tx) => tx.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())::text`)).rejects.toThrow();
  }
  expect(await prisma.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  expect(pool.totalCount).toBeLessThanOrEqual(2);
});

it("answers after as many commits were refused", async () => {
  // A check that is made at COMMIT only.
  await pool.query("CREATE TABLE refused_at_commit (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  try {
    for (let refused = 0; refused < MORE_THAN_THE_POOL; refused++) {
      await expect(inTransaction((tx) => tx.$executeRaw`INSERT INTO refused_at_commit VALUES (1), (1)`)).rejects.toThrow();
    }
    expect(await prisma.$queryRaw`SELECT count(*)::int AS kept FROM refused_at_commit`).toEqual([{ kept: 0 }]);
  } finally {
    await pool.query("DROP TABLE refused_at_commit");
  }
});
