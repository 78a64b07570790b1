/** Discounts as Shopify holds them: what the app made is seen from the other side here. */
import { BlockStack, Box, Button, Card, DataTable, FormLayout, IndexTable, InlineStack, Link, Text, TextField } from "@shopify/polaris";
import { useState } from "react";
import { act, base, boot, moment, tail, useData } from "./api";
import type { DiscountDetail, DiscountRow } from "./data";
import { DataPage, StatusBadge, useAction } from "./page";

export function DiscountsPage() {
  const { data, problem } = useData<DiscountRow[]>("discounts");
  return (
    <DataPage title="Discounts" data={data} problem={problem} fullWidth>
      {(discounts) => (
        <Card padding="0">
          <IndexTable
            selectable={false}
            itemCount={discounts.length}
            resourceName={{ singular: "discount", plural: "discounts" }}
            headings={[{ title: "Title" }, { title: "Status" }, { title: "Codes", alignment: "end" }, { title: "Used", alignment: "end" }]}
          >
            {discounts.map((discount, index) => (
              <IndexTable.Row id={discount.id} key={discount.id} position={index}>
                <IndexTable.Cell>
                  <Link url={`${base}/discounts/${tail(discount.id)}`} removeUnderline monochrome>
                    <strong>{discount.title}</strong>
                  </Link>
                  <Text as="p" tone="subdued">
                    {discount.summary}
                  </Text>
                </IndexTable.Cell>
                <IndexTable.Cell>
                  <StatusBadge status={discount.status} />
                </IndexTable.Cell>
                <IndexTable.Cell>
                  <Text as="span" alignment="end" numeric>
                    {discount.codesCount}
                  </Text>
                </IndexTable.Cell>
                <IndexTable.Cell>
                  <Text as="span" alignment="end" numeric>
                    {discount.usesCount}
                  </Text>
                </IndexTable.Cell>
              </IndexTable.Row>
            ))}
          </IndexTable>
        </Card>
      )}
    </DataPage>
  );
}

export function DiscountPage({ id, report }: { id: string; report: (message: string, isError: boolean) => void }) {
  const { data, problem, reload } = useData<DiscountDetail>(`discounts/${id}`);
  const { busy, run } = useAction((message, isError) => {
    report(message, isError);
    reload();
  });
  const change = (what: string, name: string, body?: unknown) => run(what, () => act(`discounts/${id}/${name}`, body));
  return (
    <DataPage
      title={data?.title ?? "Discount"}
      titleMetadata={data && <StatusBadge status={data.status} />}
      subtitle={data ? `${data.summary} · from ${moment(data.startsAt)}${data.endsAt ? ` to ${moment(data.endsAt)}` : ""}` : undefined}
      backAction={{ content: "Discounts", url: `${base}/discounts` }}
      secondaryActions={
        data
          ? [
              data.status === "Active"
                ? { content: "Deactivate", disabled: busy, onAction: () => change("Discount deactivated", "end") }
                : { content: "Activate", disabled: busy, onAction: () => change("Discount activated", "begin") },
              { content: "Delete discount", destructive: true, disabled: busy, onAction: () => change("Discount deleted", "delete") },
            ]
          : []
      }
      data={data}
      problem={problem}
    >
      {(discount) => (
        <BlockStack gap="400">
          <TermsCard key={JSON.stringify(discount.value) + String(discount.minimum)} discount={discount} busy={busy} onSave={(body) => change("Discount changed", "change", body)} />
          <CodesCard discount={discount} busy={busy} onAdd={(code) => change("Code added", "codes", { codes: [code] })} onRemove={(code) => change("Code removed", "remove-code", { code })} />
        </BlockStack>
      )}
    </DataPage>
  );
}

function TermsCard({ discount, busy, onSave }: { discount: DiscountDetail; busy: boolean; onSave: (body: Record<string, unknown>) => void }) {
  const { value } = discount;
  const isPercent = value !== null && "percentage" in value;
  const [worth, setWorth] = useState(value === null ? "" : isPercent ? String(value.percentage) : value.amount);
  const [minimum, setMinimum] = useState(discount.minimum ?? "");
  const save = () => onSave({ ...(value !== null && (isPercent ? { percentage: Number(worth) } : { amount: worth })), minimum: minimum === "" ? null : minimum });
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Terms
        </Text>
        <FormLayout>
          <FormLayout.Group condensed>
            {value !== null && <TextField label="Value" type="number" min={0} autoComplete="off" suffix={isPercent ? "%" : boot.currency} value={worth} onChange={setWorth} />}
            <TextField label="Minimum purchase" type="number" min={0} autoComplete="off" suffix={boot.currency} placeholder="None" value={minimum} onChange={setMinimum} />
          </FormLayout.Group>
        </FormLayout>
        <InlineStack align="end">
          <Button variant="primary" disabled={busy} onClick={save}>
            Save
          </Button>
        </InlineStack>
      </BlockStack>
    </Card>
  );
}

function CodesCard({ discount, busy, onAdd, onRemove }: { discount: DiscountDetail; busy: boolean; onAdd: (code: string) => void; onRemove: (code: string) => void }) {
  const [code, setCode] = useState("");
  const add = () => {
    onAdd(code);
    setCode("");
  };
  return (
    <Card padding="0">
      <Box padding="400">
        <TextField
          label="Add a code"
          autoComplete="off"
          value={code}
          onChange={setCode}
          connectedRight={
            <Button disabled={busy || code.trim() === ""} onClick={add}>
              Add
            </Button>
          }
        />
      </Box>
      <DataTable
        verticalAlign="middle"
        columnContentTypes={["text", "numeric", "numeric"]}
        headings={[`Code (${Math.min(discount.codes.length, discount.codesCount)} of ${discount.codesCount} shown)`, "Used", ""]}
        rows={discount.codes.map(({ code: held, uses }) => [
          held,
          uses,
          <Button key={held} size="slim" disabled={busy} onClick={() => onRemove(held)} accessibilityLabel={`Remove ${held}`}>
            Remove
          </Button>,
        ])}
      />
    </Card>
  );
}
