/** A short fault run, as `npm run faults` does for as long as one likes: real processes are killed while shoppers redeem. */
import { spawn } from "node:child_process";
import { expect, it } from "vitest";

it("loses, doubles and forgets nothing while app, worker and database are killed and Shopify fails", async () => {
  const args = ["--import", "tsx", "test/faults/run.ts", "--runs", "1", "--seconds", "12"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  const tally: unknown = JSON.parse(output.trim().split("\n").at(-1) ?? "null");
  expect(tally, output).toMatchObject({ runs: 1, lost: 0, doubled: 0, drift: 0 });
  expect(code).toBe(0);
}, 420_000);
