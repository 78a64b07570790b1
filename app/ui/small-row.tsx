import { BlockStack } from "@shopify/polaris";
import type { ReactNode } from "react";

/** One row of a list on a phone, where the cells of the wide table stand below each other. */
export function SmallRow({ children }: { children: ReactNode }) {
  return (
    <div style={{ padding: "var(--p-space-300) var(--p-space-400)", width: "100%" }}>
      <BlockStack gap="100">{children}</BlockStack>
    </div>
  );
}
