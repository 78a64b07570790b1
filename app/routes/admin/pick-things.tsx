import { useAppBridge } from "@shopify/app-bridge-react";
import { BlockStack, Button, InlineError, InlineStack, Tag, Text } from "@shopify/polaris";
import type { Pick } from "./award-form";

type PickType = "product" | "variant" | "collection";

interface PickThingsProps {
  id: string;
  label: string;
  type: PickType;
  picks: Pick[];
  multiple: boolean;
  disabled: boolean;
  error: string | undefined;
  onChange(picks: Pick[]): void;
}

/** Things of the shop, chosen in Shopify's own picker and named by their titles. */
export function PickThings({ id, label, type, picks, multiple, disabled, error, onChange }: PickThingsProps) {
  const shopify = useAppBridge();
  const choose = async () => {
    const chosen = await shopify.resourcePicker({ type, multiple, action: "select", filter: { variants: type === "variant" }, selectionIds: picks.map(({ gid }) => ({ id: gid })) });
    if (chosen) onChange(chosen.map((thing) => ({ gid: thing.id, title: titleOf(thing) })));
  };
  return (
    <BlockStack gap="200">
      <InlineStack gap="200" align="space-between" blockAlign="center" wrap={false}>
        <Text as="span">{label}</Text>
        <Button id={id} size="slim" disabled={disabled} onClick={() => void choose()} accessibilityLabel={`Choose ${label.toLowerCase()}`}>
          {picks.length ? "Change" : "Choose"}
        </Button>
      </InlineStack>
      {picks.length > 0 && (
        <InlineStack gap="200">
          {picks.map(({ gid, title }) => (
            <Tag key={gid} disabled={disabled} onRemove={() => onChange(picks.filter((pick) => pick.gid !== gid))}>
              {title}
            </Tag>
          ))}
        </InlineStack>
      )}
      {error && <InlineError message={error} fieldID={id} />}
    </BlockStack>
  );
}

/** A variant is called by its product too. */
function titleOf(thing: { title: string; displayName?: string }): string {
  return (thing.displayName ?? thing.title).slice(0, 300);
}
