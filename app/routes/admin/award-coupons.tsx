import { useLoaderData } from "@remix-run/react";
import { BlockStack, Button, Card, ChoiceList, EmptySearchResult, IndexTable, InlineStack, Link, Text, useBreakpoints } from "@shopify/polaris";
import type { CouponRow } from "../../domain/coupons/queries.server";
import { publicId } from "../../lib/ids";
import { Copyable } from "../../ui/copyable";
import { formatCount } from "../../ui/count";
import { useExport } from "../../ui/export";
import { ListFilters, useCursorPager, useListAddress, useListLoading } from "../../ui/list";
import { NumberCell } from "../../ui/number-cell";
import { CodeBadge, CouponBadge } from "../../ui/status-badge";
import { TextCell } from "../../ui/text-cell";
import { Time } from "../../ui/time";
import type { loader } from "./award";

const STATUSES = [
  { label: "Available", value: "available" },
  { label: "Issued", value: "issued" },
  { label: "Redeemed", value: "redeemed" },
  { label: "Expired", value: "expired" },
  { label: "Failed on Shopify", value: "failed" },
  { label: "Revoked", value: "revoked" },
  { label: "Archived", value: "archived" },
];

/** The codes of an award: each with its life, and whether Shopify has it. */
export function AwardCoupons({ id }: { id: string }) {
  const { coupons } = useLoaderData<typeof loader>();
  const small = useBreakpoints().smDown;
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
      <CouponFilters />
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "code", plural: "codes" }}
        itemCount={coupons.rows.length}
        loading={useListLoading()}
        headings={[{ title: "Code" }, { title: "Status" }, { title: "On Shopify" }, { title: "Uses", alignment: "end", paddingBlockEnd: "400" }, { title: "Customer" }, { title: "Created" }]}
        emptyState={<EmptySearchResult title="No codes here" description="Codes that are being made appear within moments; try another search or tab." />}
        pagination={useCursorPager(coupons)}
      >
        {coupons.rows.map((coupon, index) => (
          <IndexTable.Row key={String(coupon.id)} id={String(coupon.id)} position={index}>
            {small ? <SmallRow coupon={coupon} /> : <WideRow coupon={coupon} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </Card>
  );
}

function CouponFilters() {
  const { params, change } = useListAddress();
  const status = params.get("status");
  const choice = <ChoiceList title="Status" titleHidden choices={STATUSES} selected={status ? [status] : []} onChange={([value]) => change({ status: value ?? null })} />;
  const label = STATUSES.find(({ value }) => value === status)?.label;
  return (
    <ListFilters
      placeholder="Search by whole code"
      tabs={[{ label: "All codes", value: null }]}
      tabParameter="view"
      filters={[{ key: "status", label: "Status", filter: choice, shortcut: true }]}
      appliedFilters={label ? [{ key: "status", label: `Status: ${label}`, onRemove: () => change({ status: null }) }] : []}
    />
  );
}

function WideRow({ coupon }: { coupon: CouponRow }) {
  return (
    <>
      <IndexTable.Cell>
        <TextCell>
          <Copyable text={coupon.code} what="Code" />
        </TextCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <CouponBadge status={coupon.status} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <OnShopify coupon={coupon} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <NumberCell>{formatCount(coupon.usesCount)}</NumberCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <TextCell>
          <Holder coupon={coupon} />
        </TextCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={coupon.createdAt} day />
      </IndexTable.Cell>
    </>
  );
}

function SmallRow({ coupon }: { coupon: CouponRow }) {
  return (
    <div style={{ padding: "var(--p-space-300) var(--p-space-400)", width: "100%" }}>
      <BlockStack gap="100">
        <InlineStack align="space-between" blockAlign="center">
          <Copyable text={coupon.code} what="Code" />
          <CouponBadge status={coupon.status} />
        </InlineStack>
        <InlineStack gap="200" blockAlign="center">
          <Text as="span" tone="subdued">
            On Shopify:
          </Text>
          <OnShopify coupon={coupon} />
          <Holder coupon={coupon} />
        </InlineStack>
      </BlockStack>
    </div>
  );
}

function OnShopify({ coupon }: { coupon: CouponRow }) {
  return (
    <BlockStack gap="050">
      <div>
        <CodeBadge state={coupon.codeState} />
      </div>
      {coupon.problem && (
        <TextCell>
          <Text as="p" tone="critical" variant="bodySm">
            {coupon.problem}
          </Text>
        </TextCell>
      )}
    </BlockStack>
  );
}

function Holder({ coupon: { customerId, customerName, shared } }: { coupon: CouponRow }) {
  if (customerId !== null) return <Link url={`/app/customers/${publicId("customer", customerId)}`} removeUnderline>{customerName ?? "Customer"}</Link>;
  return (
    <Text as="span" tone="subdued">
      {shared ? "Everybody" : "Nobody yet"}
    </Text>
  );
}
