import { BlockStack, Button, EmptySearchResult, IndexTable, Text, useBreakpoints } from "@shopify/polaris";
import type { PrivacyRow } from "../../domain/reports/privacy.server";
import { publicId } from "../../lib/ids";
import { useExport } from "../../ui/export";
import { useCursorPager, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import type { TableProps } from "./activity-parts";

const TOPICS: Record<string, string> = {
  "customers/data_request": "A customer asked for their data",
  "customers/redact": "A customer was forgotten",
  "shop/redact": "The store was forgotten",
};

/** What Shopify asked for in customers' names; the data to answer them with is kept for 60 days. */
export function PrivacyTable({ rows, next, previous }: TableProps<PrivacyRow>) {
  const small = useBreakpoints().smDown;
  return (
    <IndexTable
      condensed={small}
      selectable={false}
      resourceName={{ singular: "request", plural: "requests" }}
      itemCount={rows.length}
      loading={useListLoading()}
      headings={[{ title: "Request" }, { title: "Handled" }, { title: "Action", hidden: true }]}
      emptyState={<EmptySearchResult title="No requests" description="When a customer asks what you hold about them, what Scrip holds is put together here for you to download, for 60 days." />}
      pagination={useCursorPager({ next, previous })}
    >
      {rows.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          {small ? (
            <SmallRow>
              <What row={row} />
              <Text as="p" tone="subdued" variant="bodySm">
                <Time at={row.handledAt} />
              </Text>
              <Download row={row} />
            </SmallRow>
          ) : (
            <>
              <IndexTable.Cell>
                <What row={row} />
              </IndexTable.Cell>
              <IndexTable.Cell>
                <Time at={row.handledAt} />
              </IndexTable.Cell>
              <IndexTable.Cell>
                <Download row={row} />
              </IndexTable.Cell>
            </>
          )}
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}

function What({ row: { topic, customerGid } }: { row: PrivacyRow }) {
  return (
    <BlockStack gap="050">
      <Text as="span" fontWeight="semibold">
        {TOPICS[topic] ?? topic}
      </Text>
      {customerGid !== null && (
        <Text as="span" tone="subdued" variant="bodySm">
          {`Shopify’s customer ${customerGid.split("/").at(-1)}`}
        </Text>
      )}
    </BlockStack>
  );
}

function Download({ row }: { row: PrivacyRow }) {
  const id = publicId("complianceRequest", row.id);
  const { exporting, start } = useExport(`/app/privacy/${id}/export.json`, `customer-data-${id}.json`);
  if (!row.exported) return null;
  return (
    <div>
      <Button size="slim" loading={exporting} onClick={start} accessibilityLabel={`Download ${id}`}>
        Download
      </Button>
    </div>
  );
}
