import { BlockStack, Button, Card, Page, Text } from "@shopify/polaris";
import { z } from "zod";

const Said = z.object({ title: z.string(), message: z.string() });

const UNKNOWN = { title: "This page could not be shown", message: "Something went wrong on our side. Nothing was changed. Load the page again; if it stays like this, tell us what you were doing." };

/** What a merchant sees instead of a page that could not be made. */
export function ProblemPage({ error }: { error: unknown }) {
  const said = Said.safeParse(error);
  const { title, message } = said.success ? said.data : UNKNOWN;
  return (
    <Page title={title}>
      <Card>
        <BlockStack gap="400" inlineAlign="start">
          <Text as="p">{message}</Text>
          <Button url="/app/awards">Go to awards</Button>
        </BlockStack>
      </Card>
    </Page>
  );
}
