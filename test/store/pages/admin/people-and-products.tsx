/** Customers and products: enough to see who and what there is. */
import { Card, DataTable, InlineStack, Text, Thumbnail } from "@shopify/polaris";
import { useData } from "./api";
import type { CustomerRow, ProductRow } from "./data";
import { DataPage } from "./page";

export function CustomersPage() {
  const { data, problem } = useData<CustomerRow[]>("customers");
  return (
    <DataPage title="Customers" data={data} problem={problem} fullWidth>
      {(customers) => (
        <Card padding="0">
          <DataTable
            columnContentTypes={["text", "text", "numeric", "numeric"]}
            headings={["Name", "E-mail", "Orders", "Spent"]}
            rows={customers.map((customer) => [customer.name, customer.email, customer.ordersCount, customer.spent])}
          />
        </Card>
      )}
    </DataPage>
  );
}

export function ProductsPage() {
  const { data, problem } = useData<ProductRow[]>("products");
  return (
    <DataPage title="Products" data={data} problem={problem} fullWidth>
      {(products) => (
        <Card padding="0">
          <DataTable
            verticalAlign="middle"
            columnContentTypes={["text", "text"]}
            headings={["Product", "Variants"]}
            rows={products.map((product) => [
              <InlineStack key={product.id} gap="300" blockAlign="center" wrap={false}>
                <Thumbnail source={product.imageUrl ?? ""} alt="" size="small" />
                <Text as="span" fontWeight="medium">
                  {product.title}
                </Text>
              </InlineStack>,
              product.variants.map((variant) => `${variant.title} ${variant.price}`).join(", "),
            ])}
          />
        </Card>
      )}
    </DataPage>
  );
}
