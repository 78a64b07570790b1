/**
 * The demo's database as a process of its own: started first, stopped last, whatever becomes of the demo. (The package that
 * brings PostgreSQL stops it on any signal to the process that started it.) Tells its parent where it is.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { openDatabase } from "#scripts/database.ts";
import { DATA } from "./addresses";

const database = await openDatabase(path.join(DATA, "pg"));
process.send?.({ url: database.url, serverPid: await serverPid(database.url) });
process.on("SIGTERM", () => void database.stop().then(() => process.exit(0)));
setInterval(() => {}, 60_000); // stays until it is told to go

/** The process id of the server itself, so that a later run can end it when this process was killed. */
async function serverPid(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
  await client.end();
  return Number(readFileSync(path.join(rows[0]?.data_directory ?? "", "postmaster.pid"), "utf8").split("\n")[0]);
}
