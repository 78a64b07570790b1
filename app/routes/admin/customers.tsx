import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Badge, BlockStack, Card, EmptySearchResult, IndexTable, InlineStack, Link, Page, Text, useBreakpoints } from "@shopify/polaris";
import { listCustomers, type CustomerRow } from "../../domain/customers/queries.server";
import { readStandings } from "../../domain/points/tiers.server";
import { publicId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { formatCount } from "../../ui/count";
import { customerName } from "../../ui/customer-name";
import emptyCustomers from "../../ui/empty-customers.svg";
import { EmptyList } from "../../ui/empty-list";
import { ListFilters, useCursorPager, useListLoading } from "../../ui/list";
import { useShop } from "../../ui/shop";
import { SmallRow } from "../../ui/small-row";
import { TextCell } from "../../ui/text-cell";
import { openAdmin } from "./door.server";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const params = new URL(request.url).searchParams;
  const text = (params.get("q") ?? "").slice(0, 255);
  const page = await listCustomers(shop.id, { text, position: readPosition(params, 1) });
  const standings = await readStandings(shop.id, page.rows.map(({ id }) => id), now);
  const tiers = Object.fromEntries(page.rows.map(({ id }) => [String(id), standings?.get(id)?.tier?.name ?? null]));
  return { page, tiers, searched: text !== "" };
}

export default function Customers() {
  const { page, searched } = useLoaderData<typeof loader>();
  const empty = !searched && page.rows.length === 0 && !page.previous;
  return (
    <Page title="Customers" subtitle="Everybody who has points or could have" fullWidth>
      <Card padding="0">
        {empty ? (
          <EmptyList heading="No customers yet" image={emptyCustomers}>
            <p>Customers appear with their first order, or when they open the checkout while logged in.</p>
          </EmptyList>
        ) : (
          <CustomerTable />
        )}
      </Card>
    </Page>
  );
}

function CustomerTable() {
  const { page, tiers } = useLoaderData<typeof loader>();
  const { pointsName } = useShop();
  const small = useBreakpoints().smDown;
  const unit = pointsName.replace(/^./, (letter) => letter.toUpperCase());
  return (
    <>
      <ListFilters placeholder="Search by the beginning of a name, e-mail or phone, or by id" tabs={[{ label: "All", value: null }]} />
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "customer", plural: "customers" }}
        itemCount={page.rows.length}
        loading={useListLoading()}
        headings={[{ title: "Customer" }, { title: unit, alignment: "end" }, { title: "Held", alignment: "end" }]}
        emptyState={<EmptySearchResult title="No customers found" description="Try how a first or last name or an e-mail address begins." withIllustration />}
        pagination={useCursorPager(page)}
      >
        {page.rows.map((row, index) => (
          <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
            {small ? <SmallCustomer row={row} tier={tiers[String(row.id)] ?? null} /> : <WideCustomer row={row} tier={tiers[String(row.id)] ?? null} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </>
  );
}

interface RowProps {
  row: CustomerRow;
  tier: string | null;
}

const NAME_WIDTH = 480;

function WideCustomer({ row, tier }: RowProps) {
  return (
    <>
      <IndexTable.Cell>
        <TextCell width={NAME_WIDTH}>
          <Who row={row} tier={tier} />
        </TextCell>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric>
          {formatCount(row.balance)}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric tone="subdued">
          {row.held ? formatCount(row.held) : "–"}
        </Text>
      </IndexTable.Cell>
    </>
  );
}

function SmallCustomer({ row, tier }: RowProps) {
  const { pointsName } = useShop();
  return (
    <SmallRow>
      <Who row={row} tier={tier} />
      <Text as="span" tone="subdued" variant="bodySm">
        {formatCount(row.balance)} {pointsName}
        {row.held > 0 && ` · ${formatCount(row.held)} held`}
      </Text>
    </SmallRow>
  );
}

/** The name, which leads to the customer, the tier, and how else they are known. */
function Who({ row, tier }: RowProps) {
  return (
    <BlockStack gap="050">
      <InlineStack gap="200" blockAlign="center">
        <Link url={`/app/customers/${publicId("customer", row.id)}`} dataPrimaryLink removeUnderline monochrome>
          <Text as="span" fontWeight="semibold">
            {customerName(row)}
          </Text>
        </Link>
        {tier !== null && <Badge>{tier}</Badge>}
      </InlineStack>
      <Text as="span" tone="subdued" variant="bodySm">
        {row.email ?? publicId("customer", row.id)}
      </Text>
    </BlockStack>
  );
}
