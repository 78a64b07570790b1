/** The processes of the demo: started with a log file each, watched, and stopped in the reverse order. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Problem } from "./problem";

const STOP_LIMIT_MS = 8_000;
const PRELOAD = "./scripts/demo/leave-with-parent.mjs";

export interface Child {
  name: string;
  pid: number;
  /** Rejects, with the tail of the log, when the process ends although nobody asked it to. */
  died: Promise<never>;
  /** The first message the process sends; rejects when it ends before. */
  firstMessage: Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a TypeScript program on the project's Node. Its output goes to `folder`/`name`.log. */
export function startChild(name: string, options: { args: string[]; env: Record<string, string>; folder: string }): Child {
  mkdirSync(options.folder, { recursive: true });
  const logFile = path.join(options.folder, `${name}.log`);
  const log = createWriteStream(logFile, { flags: "a" });
  log.write(`\n--- ${name} started ${new Date().toISOString()}\n`);
  const child = spawn(process.execPath, ["--import", "tsx", "--import", PRELOAD, ...options.args], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });

  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  const died = ended.then(async (how) => {
    if (stopping) return new Promise<never>(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100)); // the last lines are still on their way to the file
    throw new Problem(`The ${name} stopped by itself (${how}). The end of ${path.relative(".", logFile)}:\n\n${tailOf(logFile)}`);
  });
  died.catch(() => {}); // heard by those who wait for it
  const firstMessage = Promise.race([new Promise((resolve) => child.once("message", resolve)), died]);
  firstMessage.catch(() => {});
  return {
    name,
    pid: child.pid ?? 0,
    died,
    firstMessage,
    async stop() {
      stopping = true;
      await stopProcess(child, ended);
      log.end();
    },
  };
}

async function stopProcess(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}

/** The last lines of a log file. */
export function tailOf(file: string, lines = 25): string {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n") : "(nothing was written)";
}

/** Resolves when the address answers; rejects when the process dies first or a minute passes. */
export async function untilAnswers(child: Child, url: string): Promise<void> {
  const limit = Date.now() + 60_000;
  const poll = async () => {
    while (Date.now() < limit) {
      const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) }).catch(() => null);
      if (response && response.status < 500) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Problem(`The ${child.name} did not answer at ${url} within a minute`);
  };
  await Promise.race([poll(), child.died]);
}
