import { Badge, InlineStack, Text } from "@shopify/polaris";
import { COLLECTION_LIMIT } from "../../domain/points/earn-rule";
import type { CollectionState } from "../../domain/points/earn-rules.server";
import { formatCount, plural } from "../../ui/count";
import { Time } from "../../ui/time";

/** What is known of a rule's collection, and since when. */
export function CollectionLine({ collection }: { collection: CollectionState }) {
  const { title, productsCount, isCut, readAt, goneAt } = collection;
  const name = title ?? "A collection";
  if (goneAt) {
    return (
      <InlineStack gap="200" blockAlign="center">
        <Badge tone="critical">Deleted</Badge>
        <Text as="span" variant="bodySm">
          {name} is not on Shopify any more; the rule no longer applies by it.
        </Text>
      </InlineStack>
    );
  }
  if (!readAt) {
    return (
      <InlineStack gap="200" blockAlign="center">
        <Badge tone="info">Being read</Badge>
        <Text as="span" variant="bodySm">
          {name}: its products count once they are read from Shopify, in a moment.
        </Text>
      </InlineStack>
    );
  }
  return (
    <Text as="p" variant="bodySm" tone="subdued">
      {name}: {isCut ? `the first ${formatCount(COLLECTION_LIMIT)} products` : plural(productsCount, "product")}, read <Time at={readAt} />
    </Text>
  );
}
