import { Box, EmptyState, type EmptyStateProps } from "@shopify/polaris";

/** What a list shows before there is anything in it. On a phone Polaris lets its words run to the card's edges. */
export function EmptyList(props: EmptyStateProps) {
  return (
    <Box paddingInline="400">
      <EmptyState {...props} />
    </Box>
  );
}
