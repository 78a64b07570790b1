import { useAppBridge } from "@shopify/app-bridge-react";
import { Button, InlineStack, Text } from "@shopify/polaris";
import { ClipboardIcon } from "@shopify/polaris-icons";

/** A text that people carry elsewhere (an id, a code), with a button that copies it. */
export function Copyable({ text, what }: { text: string; what: string }) {
  const shopify = useAppBridge();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      shopify.toast.show(`${what} copied`);
    } catch {
      shopify.toast.show("Your browser does not allow copying", { isError: true });
    }
  };
  return (
    <InlineStack gap="100" blockAlign="center" wrap={false}>
      <Text as="span" fontWeight="medium" breakWord>
        {text}
      </Text>
      <span onClick={(event) => event.stopPropagation()}>
        <Button variant="tertiary" size="micro" icon={ClipboardIcon} accessibilityLabel={`Copy ${what.toLowerCase()} ${text}`} onClick={() => void copy()} />
      </span>
    </InlineStack>
  );
}
