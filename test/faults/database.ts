/** A PostgreSQL of the fault runs' own, because it is crashed: killing one of its backends makes the whole server recover from its log. */
import type { ChildProcess } from "node:child_process";
import pg from "pg";
import { z } from "zod";
import { mortal, type Mortal } from "./processes";

/** Both faults answer false when nothing was there to be broken. */
export interface FaultDatabase {
  url: string;
  /** kill -9 of a backend: shared memory is lost, every connection ends, committed work comes back from the log. */
  crash(): Promise<boolean>;
  /** Ends every connection, as a network would. */
  dropConnections(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts the server in `folder`. */
export async function openFaultDatabase(folder: string): Promise<FaultDatabase> {
  let url = "";
  let serverPid = 0;
  const server: Mortal = mortal("database", {
    args: ["scripts/demo/database.ts"],
    env: { DATABASE_URL: "", SCRIP_DATA: folder },
    folder,
    ready: async (child: ChildProcess) => {
      const told = await new Promise((resolve, reject) => child.once("message", resolve).once("exit", () => reject(new Error(`the database did not start: see ${folder}/database.log`))));
      ({ url, serverPid } = z.object({ url: z.string(), serverPid: z.int() }).parse(told));
    },
  });
  await server.start();

  const ask = async (text: string): Promise<{ pid: number }[]> => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {}); // it may be the one that ends
    try {
      await client.connect();
      return (await client.query<{ pid: number }>(text)).rows;
    } catch {
      return []; // it is still recovering from the last crash
    } finally {
      await client.end().catch(() => {});
    }
  };
  const others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  return {
    url,
    async crash() {
      const [victim] = await ask(`SELECT pid ${others} LIMIT 1`);
      if (victim) process.kill(victim.pid, "SIGKILL");
      return victim !== undefined;
    },
    async dropConnections() {
      return (await ask(`SELECT pid, pg_terminate_backend(pid) ${others}`)).length > 0;
    },
    async stop() {
      await server.stop();
      // Asked to stop while it recovers from a crash, the server may wait for ever.
      if (isAlive(serverPid)) process.kill(serverPid, "SIGQUIT");
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
