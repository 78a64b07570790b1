/** Whether this process has been told to stop: it finishes what it began, and whoever asks is sent elsewhere. */

let stopping = false;

/** From now on it stops. */
export function beginStop(): void {
  stopping = true;
}

export const isStopping = (): boolean => stopping;
