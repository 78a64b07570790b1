import { BlockStack, Box, Text } from "@shopify/polaris";
import type { AwardDraft, CodeSource } from "../../domain/awards/award";
import { enforcement, type Enforcer } from "../../domain/awards/enforcement";
import { useShop } from "../../ui/shop";

const WHERE: Record<Enforcer, string> = {
  shopify: "By Shopify at its checkout",
  function: "By our Function in Shopify’s checkout",
  us: "By us, when coupons are given and used",
  integrator: "By your own till or system",
};
const ENFORCERS = ["shopify", "function", "integrator", "us"] as const satisfies Enforcer[];

/** Who holds which rule of the award. */
export function AwardEnforcement({ draft, source }: { draft: AwardDraft; source: CodeSource }) {
  const { currency } = useShop();
  const { rules } = enforcement(draft, source, currency);
  const groups = ENFORCERS.map((by) => ({ by, labels: rules.filter((rule) => rule.by === by).map(({ label }) => label) })).filter(({ labels }) => labels.length > 0);
  return (
    <Box background="bg-surface-secondary" padding="300" borderRadius="200">
      <BlockStack gap="200">
        <Text as="h3" variant="headingXs">
          Who holds the rules
        </Text>
        {groups.map(({ by, labels }) => (
          <BlockStack key={by} gap="050">
            <Text as="p" variant="bodySm" fontWeight="medium">
              {WHERE[by]}
            </Text>
            <Text as="p" variant="bodySm" tone="subdued">
              {labels.join(", ")}
            </Text>
          </BlockStack>
        ))}
        {groups.some(({ by }) => by === "us") && groups.some(({ by }) => by === "shopify") && (
          <Text as="p" variant="bodySm" tone="subdued">
            Shopify counts the uses of each code only. Where an order gets past a rule that we hold, it is recorded and marked.
          </Text>
        )}
      </BlockStack>
    </Box>
  );
}
