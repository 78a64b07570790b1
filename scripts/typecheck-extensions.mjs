/** Checks the types of the extensions: each has its own jsx or none, so the root's tsconfig cannot. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TSC = path.join(ROOT, "node_modules/typescript/bin/tsc");

const failed = ["checkout-rewards-preact", "checkout-rewards", "award-discount"].filter((name) => {
  const { status } = spawnSync(process.execPath, [TSC, "-p", path.join(ROOT, "extensions", name)], { stdio: "inherit" });
  return status !== 0;
});
if (failed.length > 0) {
  console.error(`Types do not hold in: ${failed.join(", ")}`);
  process.exit(1);
}
