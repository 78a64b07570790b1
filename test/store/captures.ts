/** `npm run check:captures -- DIR`: does the local store answer as Shopify was recorded answering? */
import { readScenarios } from "./captures/read";
import { replay } from "./captures/replay";

/** Replays every recording of the folder, prints what differs and the tally; true when nothing differs. */
export function checkCaptures(folder: string, print: (line: string) => void): boolean {
  const scenarios = readScenarios(folder);
  const verdicts = scenarios.flatMap(replay);
  for (const verdict of verdicts) if (verdict.outcome !== "matched") print(`${verdict.outcome} ${verdict.path}\n  ${verdict.difference}`);
  const orphans = scenarios.reduce((sum, scenario) => sum + scenario.orphans.length, 0);
  if (orphans) print(`not replayed: ${orphans} answers whose request was not recorded`);
  const count = (outcome: string) => verdicts.filter((verdict) => verdict.outcome === outcome).length;
  print(`${count("matched")} matched, ${count("differing")} differing, ${count("unsupported")} unsupported`);
  return count("differing") === 0;
}

function main(): void {
  const folder = process.argv[2];
  if (!folder) throw new Error("Which recordings? npm run check:captures -- DIR");
  if (!checkCaptures(folder, (line) => console.log(line))) process.exitCode = 1;
}

if (process.argv[1]?.endsWith("captures.ts")) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
