import { useState } from "react";

/** Whether a modal is open. `time` is its key: each opening begins anew, and what was typed before a cancel is forgotten. */
export function useOpening() {
  const [{ open, time }, setOpening] = useState({ open: false, time: 0 });
  return {
    open,
    time,
    show: () => setOpening((before) => ({ open: true, time: before.time + 1 })),
    // Not made anew when it closes: what was sent still says how it went.
    hide: () => setOpening((before) => ({ ...before, open: false })),
  };
}
