import { Banner, BlockStack, Text } from "@shopify/polaris";
import { Copyable } from "../../ui/copyable";

/** A secret at the one moment at which it is shown. */
export function SecretBanner({ secret, onDismiss }: { secret: string; onDismiss(): void }) {
  return (
    <Banner title="Copy the signing secret now" tone="warning" onDismiss={onDismiss}>
      <BlockStack gap="200">
        <Text as="p">It is not shown again. Your endpoint needs it to check that a delivery is genuine.</Text>
        <Copyable text={secret} what="Secret" />
      </BlockStack>
    </Banner>
  );
}
