/** The file that tells a later run what an earlier one started: .data/demo.json. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { DATA, portsFrom } from "./addresses";

const FILE = path.join(DATA, "demo.json");
const GRACE_MS = 10_000;

const RunFile = z.object({
  main: z.int(),
  port: z.int(),
  /** Everything main started, in the order of starting; the database first. */
  children: z.array(z.object({ name: z.string(), pid: z.int() })),
});
export type RunFile = z.infer<typeof RunFile>;

/** What the last run wrote, or null. */
export function readRunFile(): RunFile | null {
  if (!existsSync(FILE)) return null;
  const parsed = RunFile.safeParse(JSON.parse(readFileSync(FILE, "utf8") || "null"));
  return parsed.success ? parsed.data : null;
}

export function writeRunFile(run: RunFile): void {
  mkdirSync(DATA, { recursive: true });
  writeFileSync(FILE, JSON.stringify(run));
}

export function removeRunFile(): void {
  rmSync(FILE, { force: true });
}

/** Whether the demo that wrote the file is still there; a number that another program got since does not count. */
export function isRunning(run: RunFile): boolean {
  return commandOf(run.main)?.includes("scripts/demo/main.ts") ?? false;
}

/** Ends what a killed run left behind, last started first. Returns the names of what was found. */
export async function endLeftovers(run: RunFile): Promise<string[]> {
  const ended: string[] = [];
  for (const { name, pid } of run.children.toReversed()) {
    if (!commandOf(pid)?.match(/postgres|leave-with-parent/)) continue;
    ended.push(name);
    process.kill(pid, name === "database" ? "SIGINT" : "SIGTERM"); // SIGINT is PostgreSQL's fast shutdown
    const limit = Date.now() + GRACE_MS;
    while (commandOf(pid) && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 50));
    if (commandOf(pid)) process.kill(pid, "SIGKILL");
  }
  removeRunFile();
  return ended;
}

/** The command line of a running process, or null. */
function commandOf(pid: number): string | null {
  try {
    return process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() || null
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}

/** The ports of the run in the file. */
export function portsOf(run: RunFile) {
  return portsFrom(run.port);
}
