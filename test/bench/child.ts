/** Runs one bench with the environment it was given, and sends its rows to the parent. */
import { BENCHES } from "./benches";

const found = await BENCHES[process.argv[2] ?? ""]?.();
if (!found) throw new Error(`no bench ${process.argv[2]}`);
const rows = await found.bench();
process.send?.(rows, () => process.exit(0));
