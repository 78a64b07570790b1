import { Badge, BlockStack, EmptySearchResult, IndexTable, InlineStack, Link, Text, type IndexTableProps } from "@shopify/polaris";
import type { RedemptionRow } from "../domain/coupons/queries.server";
import { gidTail } from "../lib/gid";
import { awardId, publicId } from "../lib/ids";
import { formatMoney } from "../lib/money";
import { useShop } from "./shop";
import { Time } from "./time";

const FLAGS: Record<string, string> = { late: "After the coupon was given back", over_limit: "Over a limit", not_issued: "Never issued", other_customer: "By another customer" };

interface RedemptionTableProps {
  rows: RedemptionRow[];
  empty: string;
  hideAward?: boolean;
  loading?: boolean;
  pagination?: IndexTableProps["pagination"];
}

/** Redemption records: which order used which code, and what became of it. */
export function RedemptionTable({ rows, empty, hideAward = false, loading, pagination }: RedemptionTableProps) {
  const { domain } = useShop();
  return (
    <IndexTable
      selectable={false}
      resourceName={{ singular: "redemption", plural: "redemptions" }}
      itemCount={rows.length}
      loading={loading}
      headings={[{ title: "Order" }, { title: "Code" }, ...(hideAward ? [] : [{ title: "Award" }]), { title: "Customer" }, { title: "Discount", alignment: "end" }, { title: "When" }, { title: "Status" }]}
      emptyState={<EmptySearchResult title="No redemptions" description={empty} />}
      pagination={pagination}
    >
      {rows.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          <IndexTable.Cell>
            <BlockStack gap="050">
              <Link url={`https://${domain}/admin/orders/${gidTail(row.orderGid)}`} target="_top" removeUnderline>
                <Text as="span" fontWeight="semibold">
                  {row.orderName}
                </Text>
              </Link>
              <Text as="span" tone="subdued" variant="bodySm">
                {publicId("redemption", row.id)} · {row.channel}
              </Text>
            </BlockStack>
          </IndexTable.Cell>
          <IndexTable.Cell>{row.code}</IndexTable.Cell>
          {!hideAward && (
            <IndexTable.Cell>
              <Link url={`/app/awards/${awardId(row.awardNumber)}`}>{row.awardName}</Link>
            </IndexTable.Cell>
          )}
          <IndexTable.Cell>{row.customerId === null ? <Text as="span" tone="subdued">Guest</Text> : <Link url={`/app/customers/${publicId("customer", row.customerId)}`}>{row.customerName ?? "Customer"}</Link>}</IndexTable.Cell>
          <IndexTable.Cell>
            <Text as="p" alignment="end" numeric>
              {formatMoney(row.discountMinor, row.currency)}
            </Text>
          </IndexTable.Cell>
          <IndexTable.Cell>
            <Time at={row.redeemedAt} />
          </IndexTable.Cell>
          <IndexTable.Cell>
            <InlineStack gap="100">
              {row.reversedAt ? <Badge tone="warning">{`Reversed: ${row.reversalReason ?? ""}`}</Badge> : <Badge tone="success">Redeemed</Badge>}
              {row.flags.map((flag) => (
                <Badge key={flag} tone="attention">
                  {FLAGS[flag] ?? flag}
                </Badge>
              ))}
            </InlineStack>
          </IndexTable.Cell>
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}
