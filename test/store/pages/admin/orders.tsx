/** Orders: the list, and one order with its lines, discounts, Cancel and Refund. */
import { BlockStack, Button, Card, DataTable, IndexTable, InlineStack, Link, Select, Text } from "@shopify/polaris";
import { useState } from "react";
import { act, base, moment, tail, useData } from "./api";
import type { OrderDetail, OrderRow } from "./data";
import { DataPage, StatusBadge, useAction } from "./page";

type Report = (message: string, isError: boolean) => void;

export function OrdersPage() {
  const { data, problem } = useData<OrderRow[]>("orders");
  return (
    <DataPage title="Orders" data={data} problem={problem} fullWidth>
      {(orders) => (
        <Card padding="0">
          <IndexTable
            selectable={false}
            itemCount={orders.length}
            resourceName={{ singular: "order", plural: "orders" }}
            headings={[{ title: "Order" }, { title: "Date" }, { title: "Customer" }, { title: "Total", alignment: "end" }, { title: "Discount codes" }, { title: "Status" }]}
          >
            {orders.map((order, index) => (
              <IndexTable.Row id={order.id} key={order.id} position={index}>
                <IndexTable.Cell>
                  <Link url={`${base}/orders/${tail(order.id)}`} removeUnderline monochrome dataPrimaryLink>
                    <strong>{order.name}</strong>
                  </Link>
                </IndexTable.Cell>
                <IndexTable.Cell>{moment(order.processedAt)}</IndexTable.Cell>
                <IndexTable.Cell>{order.customer}</IndexTable.Cell>
                <IndexTable.Cell>
                  <Text as="span" alignment="end" numeric>
                    {order.total}
                  </Text>
                </IndexTable.Cell>
                <IndexTable.Cell>{order.codes.join(", ")}</IndexTable.Cell>
                <IndexTable.Cell>
                  <StatusBadge status={order.status} />
                </IndexTable.Cell>
              </IndexTable.Row>
            ))}
          </IndexTable>
        </Card>
      )}
    </DataPage>
  );
}

export function OrderPage({ id, report }: { id: string; report: Report }) {
  const { data, problem, reload } = useData<OrderDetail>(`orders/${id}`);
  const { busy, run } = useAction((message, isError) => {
    report(message, isError);
    reload();
  });
  return (
    <DataPage
      title={data?.name ?? "Order"}
      titleMetadata={data && <StatusBadge status={data.status} />}
      subtitle={data ? moment(data.processedAt) : undefined}
      backAction={{ content: "Orders", url: `${base}/orders` }}
      secondaryActions={
        data
          ? [
              { content: "Refund all", disabled: busy || data.lines.every((line) => line.refundable === 0), onAction: () => run("Order refunded", () => act(`orders/${id}/refund`, { full: true })) },
              { content: "Cancel order", destructive: true, disabled: busy || data.cancelled, onAction: () => run("Order cancelled", () => act(`orders/${id}/cancel`)) },
            ]
          : []
      }
      data={data}
      problem={problem}
    >
      {(order) => (
        <BlockStack gap="400">
          <Card>
            <BlockStack gap="300">
              <Text as="h2" variant="headingSm">
                Lines
              </Text>
              {order.lines.map((line) => (
                <OrderLine key={line.id} line={line} busy={busy} onRefund={(quantity) => run("Line refunded", () => act(`orders/${id}/refund`, { lines: [{ lineGid: line.id, quantity }] }))} />
              ))}
            </BlockStack>
          </Card>
          <Card>
            <DataTable
              columnContentTypes={["text", "numeric"]}
              headings={["Payment", ""]}
              rows={[
                ["Subtotal", order.subtotal],
                [order.codes.length ? `Discount (${order.codes.join(", ")})` : "Discount", order.discount],
                ["Total", order.total],
                ["Refunded", order.refunded],
              ]}
            />
          </Card>
          <Card>
            <Text as="p">Customer: {order.customer}</Text>
            {order.refunds.map((refund) => (
              <Text as="p" key={refund.id} tone="subdued">
                Refund of {refund.amount}, {moment(refund.at)}
              </Text>
            ))}
          </Card>
        </BlockStack>
      )}
    </DataPage>
  );
}

function OrderLine({ line, busy, onRefund }: { line: OrderDetail["lines"][number]; busy: boolean; onRefund: (quantity: number) => void }) {
  const [quantity, setQuantity] = useState("1");
  const choices = Array.from({ length: line.refundable }, (_, index) => String(index + 1));
  return (
    <InlineStack align="space-between" blockAlign="center" gap="300">
      <BlockStack>
        <Text as="span" fontWeight="medium">
          {line.title}
        </Text>
        <Text as="span" tone="subdued">
          {line.quantity} × {line.price}, discount {line.discount}
        </Text>
      </BlockStack>
      {line.refundable > 0 ? (
        <InlineStack gap="200" blockAlign="center">
          <Select label={`Quantity of ${line.title} to refund`} labelHidden options={choices} value={quantity} onChange={setQuantity} />
          <Button disabled={busy} onClick={() => onRefund(Math.min(Number(quantity), line.refundable))} accessibilityLabel={`Refund ${line.title}`}>
            Refund
          </Button>
        </InlineStack>
      ) : (
        <StatusBadge status="Refunded" />
      )}
    </InlineStack>
  );
}
