import { BlockStack, Box, Button, Icon, InlineStack, Text } from "@shopify/polaris";
import { CheckCircleIcon } from "@shopify/polaris-icons";

interface GuideStepProps {
  title: string;
  text: string;
  done: boolean;
  /** The step to take now: it shows how. */
  open: boolean;
  action: { content: string; url: string; target?: "_top" };
}

/** One step of the setup guide; whether it is done comes from what happened in the shop. */
export function GuideStep({ title, text, done, open, action }: GuideStepProps) {
  return (
    <Box padding="200" borderRadius="200" background={open ? "bg-surface-secondary" : undefined}>
      <InlineStack gap="300" wrap={false} blockAlign="start">
        <div>
          <Icon source={done ? CheckCircleIcon : OpenCircle} tone={done ? "success" : "subdued"} accessibilityLabel={done ? "Done" : "Not done yet"} />
        </div>
        <BlockStack gap="200" inlineAlign="start">
          <Text as="h3" variant="bodyMd" fontWeight={open ? "semibold" : "regular"} tone={done ? "subdued" : undefined}>
            {title}
          </Text>
          {open && (
            <>
              <Text as="p">{text}</Text>
              <Button {...action} variant="primary">
                {action.content}
              </Button>
            </>
          )}
        </BlockStack>
      </InlineStack>
    </Box>
  );
}

/** A step that is still open: a dashed ring. */
function OpenCircle() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden>
      <circle cx="10" cy="10" r="6.5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.7 2.4" />
    </svg>
  );
}
