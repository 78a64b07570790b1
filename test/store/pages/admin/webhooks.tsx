/** The log of what was told to the app, and the knobs that disturb it. */
import { BlockStack, Button, Card, Checkbox, Collapsible, FormLayout, InlineStack, Text, TextField } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { act, moment, useData } from "./api";
import type { DeliveryRow, Knobs, WebhookPage } from "./data";
import { DataPage, StatusBadge, useAction } from "./page";

const REFRESH_MS = 3_000;

export function WebhooksPage({ report }: { report: (message: string, isError: boolean) => void }) {
  const { data, problem, reload } = useData<WebhookPage>("webhooks");
  const { busy, run } = useAction((message, isError) => {
    report(message, isError);
    reload();
  });
  useEffect(() => {
    const timer = setInterval(reload, REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <DataPage title="Webhooks" subtitle="What Shopify tells the app" data={data} problem={problem}>
      {(page) => (
        <BlockStack gap="400">
          <KnobsCard knobs={page.knobs} busy={busy} onSave={(knobs) => run("Knobs set", () => act("webhooks/knobs", knobs))} />
          {page.deliveries.length === 0 && <Text as="p">Nothing was delivered yet.</Text>}
          {page.deliveries.map((delivery) => (
            <Delivery key={delivery.key} delivery={delivery} busy={busy} onResend={() => run("Sent again", () => act("webhooks/resend", { id: delivery.id }))} />
          ))}
        </BlockStack>
      )}
    </DataPage>
  );
}

function KnobsCard({ knobs, busy, onSave }: { knobs: Knobs; busy: boolean; onSave: (knobs: Knobs) => void }) {
  const [draft, setDraft] = useState(knobs);
  const number = (label: string, name: "duplicate" | "drop" | "delayMs", max: number, suffix: string, factor: number) => (
    <TextField
      label={label}
      type="number"
      min={0}
      max={max}
      suffix={suffix}
      autoComplete="off"
      value={String(draft[name] * factor)}
      onChange={(value) => setDraft({ ...draft, [name]: Math.min(max, Math.max(0, Number(value))) / factor })}
    />
  );
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Disturb the deliveries
        </Text>
        <FormLayout>
          <FormLayout.Group condensed>
            {number("Duplicate", "duplicate", 100, "%", 100)}
            {number("Drop", "drop", 100, "%", 100)}
            {number("Delay", "delayMs", 600, "s", 0.001)}
          </FormLayout.Group>
          <Checkbox label="Deliver in a shuffled order" checked={draft.reorder} onChange={(reorder) => setDraft({ ...draft, reorder })} />
        </FormLayout>
        <InlineStack align="end">
          <Button variant="primary" disabled={busy} onClick={() => onSave(draft)}>
            Set
          </Button>
        </InlineStack>
      </BlockStack>
    </Card>
  );
}

function Delivery({ delivery, busy, onResend }: { delivery: DeliveryRow; busy: boolean; onResend: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Card padding="300">
      <InlineStack align="space-between" blockAlign="center" gap="200">
        <BlockStack>
          <InlineStack gap="200" blockAlign="center">
            <Text as="span" fontWeight="semibold">
              {delivery.topic}
            </Text>
            <StatusBadge status={delivery.status} />
          </InlineStack>
          <Text as="span" tone="subdued">
            {moment(delivery.at)} · tries: {delivery.attempts} · {delivery.answer}
          </Text>
        </BlockStack>
        <InlineStack gap="200">
          <Button size="slim" onClick={() => setOpen(!open)} ariaExpanded={open} ariaControls={`payload-${delivery.key}`}>
            Payload
          </Button>
          <Button size="slim" disabled={busy} onClick={onResend}>
            Send again
          </Button>
        </InlineStack>
      </InlineStack>
      <Collapsible id={`payload-${delivery.key}`} open={open}>
        <pre className="payload" tabIndex={0}>
          {delivery.payload}
        </pre>
      </Collapsible>
    </Card>
  );
}
