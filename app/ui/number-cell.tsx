import { Text } from "@shopify/polaris";
import type { ReactNode } from "react";

/** A number aligned at its end, with room before the next column (its heading says paddingBlockEnd "400"). */
export function NumberCell({ children }: { children: ReactNode }) {
  return (
    <div style={{ paddingInlineEnd: "var(--p-space-400)" }}>
      <Text as="p" alignment="end" numeric>
        {children}
      </Text>
    </div>
  );
}
