import { Badge, BlockStack, EmptySearchResult, IndexTable, InlineStack, Link, Text, useBreakpoints, type IndexTableProps } from "@shopify/polaris";
import type { RedemptionRow } from "../domain/coupons/queries.server";
import { awardId, publicId } from "../lib/ids";
import { formatMoney } from "../lib/money";
import { NumberCell } from "./number-cell";
import { OrderLink } from "./order-link";
import { TextCell } from "./text-cell";
import { Time } from "./time";

const FLAGS: Record<string, string> = { late: "After the coupon was given back", partly_paid: "Part of its price was given back", expired: "After its end", outside_window: "Outside its days or hours", over_limit: "Over a limit", not_issued: "Never issued", other_customer: "By another customer" };
const REASONS: Record<string, string> = { cancelled: "Order cancelled", refunded: "Order refunded", removed: "Code taken off the order" };

interface RedemptionTableProps {
  rows: RedemptionRow[];
  empty: string;
  hideAward?: boolean;
  loading?: boolean;
  pagination?: IndexTableProps["pagination"];
}

/** Redemption records: which order used which code, and what became of it. */
export function RedemptionTable({ rows, empty, hideAward = false, loading, pagination }: RedemptionTableProps) {
  const small = useBreakpoints().smDown;
  return (
    <IndexTable
      condensed={small}
      selectable={false}
      resourceName={{ singular: "redemption", plural: "redemptions" }}
      itemCount={rows.length}
      loading={loading}
      headings={[{ title: "Order" }, { title: "Code" }, ...(hideAward ? [] : [{ title: "Award" }]), { title: "Customer" }, { title: "Discount", alignment: "end", paddingBlockEnd: "400" }, { title: "When" }, { title: "Status" }]}
      emptyState={<EmptySearchResult title="No redemptions" description={empty} />}
      pagination={pagination}
    >
      {rows.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          {small ? <SmallRow row={row} hideAward={hideAward} /> : <WideRow row={row} hideAward={hideAward} />}
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}

interface RowProps {
  row: RedemptionRow;
  hideAward: boolean;
}

function WideRow({ row, hideAward }: RowProps) {
  return (
    <>
      <IndexTable.Cell>
        <BlockStack gap="050">
          <OrderName row={row} />
          <Text as="span" tone="subdued" variant="bodySm">
            {publicId("redemption", row.id)} · {row.channel}
          </Text>
        </BlockStack>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <TextCell>{row.code}</TextCell>
      </IndexTable.Cell>
      {!hideAward && (
        <IndexTable.Cell>
          <TextCell>
            <Link url={`/app/awards/${awardId(row.awardNumber)}`} removeUnderline>{row.awardName}</Link>
          </TextCell>
        </IndexTable.Cell>
      )}
      <IndexTable.Cell>
        <TextCell>
          <CustomerLink row={row} />
        </TextCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <NumberCell>{formatMoney(row.discountMinor, row.currency)}</NumberCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={row.redeemedAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <BlockStack gap="050">
          <div>
            <FateBadge row={row} />
          </div>
          <FateReasons row={row} />
        </BlockStack>
      </IndexTable.Cell>
    </>
  );
}

function SmallRow({ row, hideAward }: RowProps) {
  return (
    <div style={{ padding: "var(--p-space-300) var(--p-space-400)", width: "100%" }}>
      <BlockStack gap="100">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <OrderName row={row} />
          <Text as="span" fontWeight="semibold" numeric>
            {formatMoney(row.discountMinor, row.currency)}
          </Text>
        </InlineStack>
        <InlineStack gap="200">
          <Text as="span">{row.code}</Text>
          <CustomerLink row={row} />
        </InlineStack>
        {!hideAward && <Link url={`/app/awards/${awardId(row.awardNumber)}`} removeUnderline>{row.awardName}</Link>}
        <InlineStack gap="200" blockAlign="center">
          <FateBadge row={row} />
          <Text as="span" tone="subdued" variant="bodySm">
            <Time at={row.redeemedAt} />
          </Text>
        </InlineStack>
        <FateReasons row={row} />
      </BlockStack>
    </div>
  );
}

function OrderName({ row }: { row: RedemptionRow }) {
  return (
    <OrderLink orderGid={row.orderGid}>
      <Text as="span" fontWeight="semibold">
        {row.orderName}
      </Text>
    </OrderLink>
  );
}

function CustomerLink({ row }: { row: RedemptionRow }) {
  if (row.customerId !== null) return <Link url={`/app/customers/${publicId("customer", row.customerId)}`} removeUnderline>{row.customerName ?? "Customer"}</Link>;
  return (
    <Text as="span" tone="subdued">
      Guest
    </Text>
  );
}

function FateBadge({ row }: { row: RedemptionRow }) {
  return row.reversedAt ? <Badge tone="warning">Reversed</Badge> : <Badge tone="success">Redeemed</Badge>;
}

/** Why it was undone, and which rules it broke. */
function FateReasons({ row: { reversedAt, reversalReason, flags } }: { row: RedemptionRow }) {
  if (!reversedAt && flags.length === 0) return null;
  return (
    <TextCell>
      {reversedAt && (
        <Text as="p" tone="subdued" variant="bodySm">
          {REASONS[reversalReason ?? ""] ?? reversalReason ?? "No reason given"}
        </Text>
      )}
      {flags.map((flag) => (
        <Text key={flag} as="p" tone="caution" variant="bodySm">
          {FLAGS[flag] ?? flag}
        </Text>
      ))}
    </TextCell>
  );
}
