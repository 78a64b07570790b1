/** Processes that may be killed at any moment and come back at the same address. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import net from "node:net";
import path from "node:path";

const PRELOAD = ["--import", "tsx", "--import", "./scripts/demo/leave-with-parent.mjs"];

const RESPAWN_MS = 500;

export interface Mortal {
  name: string;
  /** Starts it, or starts it again. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM, as a deployment would; SIGKILL when that does not help. */
  stop(): Promise<void>;
}

/**
 * A TypeScript program on the project's Node; `ready` resolves when it can be used. Its output goes to `folder`. One that
 * leaves by itself is started again, as whatever supervises it in production does.
 */
export function mortal(name: string, options: { args: string[]; env: Record<string, string>; folder: string; ready: (child: ChildProcess) => Promise<void> }): Mortal {
  let child: ChildProcess | null = null;
  const spawnOne = () => {
    const log = openSync(path.join(options.folder, `${name}.log`), "a");
    const spawned = spawn(process.execPath, [...PRELOAD, ...options.args], { env: { ...process.env, ...options.env }, stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    spawned.once("exit", () => {
      if (child === spawned) setTimeout(() => child === spawned && spawnOne(), RESPAWN_MS);
    });
    child = spawned;
    return spawned;
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    const limit = setTimeout(() => ending.kill("SIGKILL"), 8_000);
    await ended;
    clearTimeout(limit);
  };
  return { name, start: () => options.ready(spawnOne()), kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

/** Resolves when something listens on the port. */
export async function untilListening(port: number): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.unref();
      setTimeout(() => socket.destroy(), 500).unref();
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

/**
 * A port that nobody listens on. Below those that the system gives to connections: one of those is gone again before a process
 * that starts slowly can listen on it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (await isFree(port)) return port;
  }
  throw new Error("no port is free");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
