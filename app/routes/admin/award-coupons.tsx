import { useLoaderData } from "@remix-run/react";
import { Button, Card, EmptySearchResult, IndexTable, InlineStack, Link, Text } from "@shopify/polaris";
import { publicId } from "../../lib/ids";
import { Copyable } from "../../ui/copyable";
import { formatCount } from "../../ui/count";
import { useExport } from "../../ui/export";
import { ListFilters, useCursorPager, useListLoading } from "../../ui/list";
import { CodeBadge, CouponBadge } from "../../ui/status-badge";
import { Time } from "../../ui/time";
import type { loader } from "./award";

const TABS = [
  { label: "All", value: null },
  { label: "Available", value: "available" },
  { label: "Issued", value: "issued" },
  { label: "Redeemed", value: "redeemed" },
  { label: "Waiting", value: "waiting" },
  { label: "Failed", value: "failed" },
  { label: "Revoked", value: "revoked" },
];

/** The codes of an award: each with its life, and whether Shopify has it. */
export function AwardCoupons({ id }: { id: string }) {
  const { coupons } = useLoaderData<typeof loader>();
  const { exporting, start } = useExport(`/app/awards/${id}/coupons.csv`, `${id}-codes.csv`);
  return (
    <Card padding="0">
      <div style={{ padding: "var(--p-space-400) var(--p-space-400) var(--p-space-200)" }}>
        <InlineStack align="space-between" blockAlign="center">
          <Text as="h2" variant="headingSm">
            Codes
          </Text>
          <Button onClick={start} loading={exporting} size="slim">
            Export
          </Button>
        </InlineStack>
      </div>
      <ListFilters placeholder="Search by whole code" tabs={TABS} />
      <IndexTable
        selectable={false}
        resourceName={{ singular: "code", plural: "codes" }}
        itemCount={coupons.rows.length}
        loading={useListLoading()}
        headings={[{ title: "Code" }, { title: "Status" }, { title: "On Shopify" }, { title: "Uses", alignment: "end" }, { title: "Customer" }, { title: "Created" }]}
        emptyState={<EmptySearchResult title="No codes here" description="Codes that are being made appear within moments; try another search or tab." />}
        pagination={useCursorPager(coupons)}
      >
        {coupons.rows.map((coupon, index) => (
          <IndexTable.Row key={String(coupon.id)} id={String(coupon.id)} position={index}>
            <IndexTable.Cell>
              <Copyable text={coupon.code} what="Code" />
            </IndexTable.Cell>
            <IndexTable.Cell>
              <CouponBadge status={coupon.status} />
            </IndexTable.Cell>
            <IndexTable.Cell>
              <InlineStack gap="200" blockAlign="center" wrap={false}>
                <CodeBadge state={coupon.codeState} />
                {coupon.problem && (
                  <Text as="span" tone="critical" variant="bodySm">
                    {coupon.problem}
                  </Text>
                )}
              </InlineStack>
            </IndexTable.Cell>
            <IndexTable.Cell>
              <Text as="p" alignment="end" numeric>
                {formatCount(coupon.usesCount)}
              </Text>
            </IndexTable.Cell>
            <IndexTable.Cell>
              {coupon.customerId === null ? coupon.shared ? "Everybody" : "–" : <Link url={`/app/customers/${publicId("customer", coupon.customerId)}`}>{coupon.customerName ?? "Customer"}</Link>}
            </IndexTable.Cell>
            <IndexTable.Cell>
              <Time at={coupon.createdAt} day />
            </IndexTable.Cell>
          </IndexTable.Row>
        ))}
      </IndexTable>
    </Card>
  );
}
