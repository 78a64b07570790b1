import type { ReactNode } from "react";

const TEXT_WIDTH = 240;

/** Names, codes and reasons wrap: on one line they would push the columns behind them out of sight. */
export function TextCell({ width = TEXT_WIDTH, children }: { width?: number; children: ReactNode }) {
  return <div style={{ maxWidth: width, whiteSpace: "normal" }}>{children}</div>;
}
