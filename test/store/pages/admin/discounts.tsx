/** Discounts as Shopify holds them: what the app made is seen from the other side here. */
import { Card, DataTable, IndexTable, Link, Text } from "@shopify/polaris";
import { base, moment, tail, useData } from "./api";
import type { DiscountDetail, DiscountRow } from "./data";
import { DataPage, StatusBadge } from "./page";

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

export function DiscountPage({ id }: { id: string }) {
  const { data, problem } = useData<DiscountDetail>(`discounts/${id}`);
  return (
    <DataPage
      title={data?.title ?? "Discount"}
      titleMetadata={data && <StatusBadge status={data.status} />}
      subtitle={data ? `${data.summary} · from ${moment(data.startsAt)}${data.endsAt ? ` to ${moment(data.endsAt)}` : ""}` : undefined}
      backAction={{ content: "Discounts", url: `${base}/discounts` }}
      data={data}
      problem={problem}
    >
      {(discount) => (
        <Card padding="0">
          <DataTable
            columnContentTypes={["text", "numeric"]}
            headings={[`Code (${Math.min(discount.codes.length, discount.codesCount)} of ${discount.codesCount} shown)`, "Used"]}
            rows={discount.codes.map(({ code, uses }) => [code, uses])}
          />
        </Card>
      )}
    </DataPage>
  );
}
