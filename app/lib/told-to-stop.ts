/** SIGTERM and SIGINT: the first lets the process finish what it began, a second one forces it. */

/** Ctrl-C reaches a process twice, by the terminal and by npm: what follows at once is the same signal. */
const SAME_MS = 300;

/** Calls `stop` once, and `force` for a signal that comes later. */
export function whenToldToStop(stop: () => void, force: () => void, process: NodeJS.EventEmitter, clock: () => number): void {
  let since: number | null = null;
  const told = () => {
    if (since === null) {
      since = clock();
      stop();
    } else if (clock() - since > SAME_MS) force();
  };
  process.on("SIGTERM", told);
  process.on("SIGINT", told);
}
