/** What a merchant or Shopify can do to the app: uninstall it, and the three compliance requests. */
import { BlockStack, Button, Card, InlineStack, Page, Select, Text } from "@shopify/polaris";
import { useState } from "react";
import { act, boot, useData } from "./api";
import type { CustomerRow } from "./data";
import { useAction } from "./page";

export function SettingsPage({ report }: { report: (message: string, isError: boolean) => void }) {
  const customers = useData<CustomerRow[]>("customers").data ?? [];
  const [chosen, setChosen] = useState("");
  const { busy, run } = useAction(report);
  const customerId = chosen || customers[0]?.id;
  return (
    <Page title="Settings" subtitle={boot.shop}>
      <BlockStack gap="400">
        <Card>
          <BlockStack gap="300">
            <Text as="h2" variant="headingSm">
              {boot.app.name}
            </Text>
            <Text as="p">Takes the app’s access away and tells it so (app/uninstalled). Opening the app again installs it anew.</Text>
            <InlineStack>
              <Button tone="critical" disabled={busy} onClick={() => run("App uninstalled", () => act("uninstall"))}>
                Uninstall app
              </Button>
            </InlineStack>
          </BlockStack>
        </Card>
        <Card>
          <BlockStack gap="300">
            <Text as="h2" variant="headingSm">
              Privacy requests
            </Text>
            <Select label="Customer" options={customers.map((customer) => ({ value: customer.id, label: customer.name }))} value={customerId} onChange={setChosen} />
            <InlineStack gap="200">
              <Button disabled={busy} onClick={() => run("customers/data_request sent", () => act("compliance", { topic: "customers/data_request", customerId }))}>
                Request data
              </Button>
              <Button disabled={busy} onClick={() => run("customers/redact sent", () => act("compliance", { topic: "customers/redact", customerId }))}>
                Erase customer
              </Button>
              <Button disabled={busy} tone="critical" onClick={() => run("shop/redact sent", () => act("compliance", { topic: "shop/redact" }))}>
                Erase shop
              </Button>
            </InlineStack>
          </BlockStack>
        </Card>
      </BlockStack>
    </Page>
  );
}
