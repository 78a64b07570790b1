// `npm test`: everything CI runs, in order, from a fresh clone. Runs on Node 20; what it starts runs on the Node 24 that npm
// brings. `-- --fast` leaves out the browser.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ROOT, SetupProblem, checkMachine, ensureInstalled, runNode, tellProblems } from "./setup.mjs";

const RESULTS = path.join(ROOT, ".data/test-results");
const TSX = ["--import", "tsx"];
const VITEST = ["node_modules/vitest/vitest.mjs", "run"];

await tellProblems(async () => {
  checkMachine();
  ensureInstalled(console.log);
  const options = readOptions();
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  const failed = [];
  for (const [what, args, extra] of stepsFor(options)) {
    heading(what);
    const startedAt = performance.now();
    const code = await runNode(args, extra);
    console.log(`${code === 0 ? "ok" : "FAILED"} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    if (code !== 0) failed.push(what);
    // Without Prisma's client nothing else can be judged.
    if (code !== 0 && what === "Prepare") break;
  }
  summarise(failed);
});

function readOptions() {
  const known = ["--fast"];
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => !known.includes(arg));
  if (unknown.length) throw new SetupProblem(`Unknown option ${unknown.join(" ")}\nUsage: npm test [-- --fast]`);
  return { fast: args.includes("--fast") };
}

function stepsFor({ fast }) {
  const steps = [
    ["Prepare", [...TSX, "scripts/prepare.ts"]],
    ["Types", ["node_modules/typescript/bin/tsc", "--noEmit"]],
    ["Lint", ["node_modules/eslint/bin/eslint.js", "."]],
    ["Migrations lead to the schema", [...TSX, "scripts/check-drift.ts"]],
    ["Build", [...TSX, "scripts/prepare.ts", "--build"]],
    ["Rules and flows", vitest("node")],
  ];
  if (existsSync(path.join(ROOT, "scripts/typecheck-extensions.mjs"))) steps.splice(2, 0, ["Types of the extensions", ["scripts/typecheck-extensions.mjs"]]);
  if (existsSync(path.join(ROOT, "knip.json"))) steps.splice(3, 0, ["Nothing unused", ["node_modules/knip/bin/knip.js"]]);
  if (!fast) steps.push(["Browser", vitest("browser")]);
  return steps;
}

function vitest(project) {
  return [...VITEST, "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${path.join(RESULTS, `${project}.json`)}`];
}

function heading(what) {
  console.log(`\n=== ${what} ${"=".repeat(Math.max(3, 60 - what.length))}`);
}

/** The last line counts tests; a failed step that is no test counts as one. */
function summarise(failedSteps) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const project of ["node", "browser"]) {
    const file = path.join(RESULTS, `${project}.json`);
    if (!existsSync(file)) continue;
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, "utf8"));
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
  }
  if (failedSteps.length) {
    console.log(`\nFailed: ${failedSteps.join(", ")}`);
    process.exitCode = 1;
  }
  // A run that counts failures has failed, whatever its exit code says; a failed step counts, whatever its tests say.
  if (counts.failed) process.exitCode = 1;
  counts.failed = Math.max(counts.failed, failedSteps.length);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}`);
}
