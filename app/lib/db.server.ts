/**
 * One pool to PostgreSQL. Prisma for ordinary reads and writes, `pool` for the hot verbs that are one statement, and one
 * helper for transactions.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { Prisma, PrismaClient } from "../generated/prisma/client";
import { env } from "./env.server";

// int8 as bigint: an id has one type whichever way it was read. Only for our own queries on the pool: Prisma brings its
// parsers with each query and breaks if the shared table of `pg.types` is changed under it.
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 && format !== "binary" ? BigInt : pg.types.getTypeParser(oid, format)),
};

/** Longer nobody waits for a connection: a database that does not answer is an error, not a standstill. */
const CONNECT_LIMIT_MS = 30_000;

export const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: env.DATABASE_POOL, connectionTimeoutMillis: CONNECT_LIMIT_MS, types });
// An idle connection that the server closes must not end the process; the next query opens another.
pool.on("error", () => {});

/**
 * Prisma gives a transaction's connection back only after COMMIT or ROLLBACK was answered; of one that broke it keeps the place
 * in the pool. So many broken transactions as the pool has places, and every later query waits: here the place is given back.
 */
class ReleasingPrismaPg extends PrismaPg {
  override async connect(): ReturnType<PrismaPg["connect"]> {
    const adapter = await super.connect();
    const start = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (level) => {
      const transaction = await start(level);
      const execute = transaction.executeRaw.bind(transaction);
      transaction.executeRaw = async (query) => {
        try {
          return await execute(query);
        } catch (error) {
          // Only releases; the pool drops a connection that cannot be used any more.
          if (query.sql === "COMMIT" || query.sql === "ROLLBACK") await transaction.rollback();
          throw error;
        }
      };
      return transaction;
    };
    return adapter;
  }
}

export const prisma = new PrismaClient({ adapter: new ReleasingPrismaPg(pool, { disposeExternalPool: false }) });

/** What a verb is given when it takes part in somebody's transaction. It never opens one itself. */
export type Tx = Prisma.TransactionClient;

const ATTEMPTS = 4;

/** What was to be decided about went over to somebody else while its locks were waited for: the transaction begins anew. */
export class MovedMeanwhile extends Error {}

/** Runs `work` in one transaction; a deadlock, a serialization failure or MovedMeanwhile is tried again, at most four times in all. */
export async function inTransaction<T>(work: (tx: Tx) => Promise<T>, { timeoutMs = 30_000 } = {}): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await prisma.$transaction(work, { maxWait: 10_000, timeout: timeoutMs });
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt * Math.random()));
    }
  }
}

/** 40001 serialization failure, 40P01 deadlock: https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html */
function isRetryable(error: unknown): boolean {
  if (error instanceof MovedMeanwhile) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2034") return true;
  return /\b(40001|40P01)\b|deadlock detected|could not serialize/.test(String(error));
}

/** Closes every connection; the process can end after it. */
export async function closeDatabase(): Promise<void> {
  await prisma.$disconnect();
  await pool.end();
}
