// `npm run demo`: from a fresh clone to a running shop. This part runs on Node 20 and only prepares; scripts/demo/main.ts does
// the rest on the Node 24 that npm brings.
//
//   npm run demo                    start, print the addresses, stay up until Ctrl-C
//   npm run demo -- --port 4500     use the ports from 4500 on
//   npm run demo -- --reset         forget the demo's data and start over
//   npm run demo -- --check         start, drive the main job once in a headless browser, print one JSON line, stop
//   npm run demo -- --json          start, print one JSON line of addresses, stay up
import { spawn } from "node:child_process";
import { ROOT, checkMachine, ensureInstalled, modernNode, projectEnv, tellProblems } from "./setup.mjs";

await tellProblems(async () => {
  checkMachine();
  ensureInstalled((line) => console.error(line));
  process.exitCode = await runMain(process.argv.slice(2));
});

/** The main part gets a process group of its own: Ctrl-C reaches it through here alone, so that it can stop things in order. */
function runMain(args) {
  const child = spawn(modernNode(), ["--import", "tsx", "scripts/demo/main.ts", ...args], {
    cwd: ROOT,
    env: projectEnv(),
    detached: process.platform !== "win32",
    stdio: ["ignore", "inherit", "inherit", "ipc"], // main stops when the channel breaks: this process may be killed outright
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
