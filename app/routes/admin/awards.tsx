import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData, useNavigate } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { BlockStack, Card, EmptySearchResult, IndexTable, InlineStack, Page, Text, useBreakpoints, useIndexResourceState } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { z } from "zod";
import type { AwardState } from "../../domain/awards/award";
import { AWARD_SORTS, COUNT_BOUND, listAwards, type AwardRow } from "../../domain/awards/queries.server";
import { setAwardStatus } from "../../domain/awards/set-status.server";
import { describeTerms } from "../../domain/awards/terms";
import { awardId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { formatBounded, formatCount, formatPrice, plural } from "../../ui/count";
import emptyAwards from "../../ui/empty-awards.svg";
import { EmptyList } from "../../ui/empty-list";
import { ListFilters, useCursorPager, useListLoading } from "../../ui/list";
import { NumberCell } from "../../ui/number-cell";
import { useShop } from "../../ui/shop";
import { AwardBadge, DiscountBadge } from "../../ui/status-badge";
import { Time } from "../../ui/time";
import { ArchiveModal } from "./archive-modal";
import { openAdmin } from "./door.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

const Search = z.object({
  q: z.string().max(200).catch(""),
  status: z.enum(["active", "scheduled", "inactive", "expired", "archived"]).nullable().catch(null),
  sort: z.enum(AWARD_SORTS).catch("newest"),
});

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const params = new URL(request.url).searchParams;
  const { q, status, sort } = Search.parse({ q: params.get("q") ?? "", status: params.get("status"), sort: params.get("sort") });
  const page = await listAwards(shop.id, { text: q, state: status, sort, position: readPosition(params, 2) }, now);
  return { page, countBound: COUNT_BOUND, unfiltered: !q && !status };
}

const Numbers = z.array(z.coerce.number().int().min(1)).min(1).max(100);

/** Archives what was chosen. */
export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const numbers = Numbers.parse((await request.formData()).getAll("archive"));
  let archived = 0;
  for (const number of numbers) if ((await setAwardStatus(shop.id, number, "archived", now)).outcome === "set") archived++;
  return { archived };
}

const TABS: { label: string; value: AwardState | null }[] = [
  { label: "All", value: null },
  { label: "Active", value: "active" },
  { label: "Scheduled", value: "scheduled" },
  { label: "Inactive", value: "inactive" },
  { label: "Expired", value: "expired" },
  { label: "Archived", value: "archived" },
];

const SORT_CHOICES = [
  { label: "Created", value: "newest", directionLabel: "Newest first" },
  { label: "Created", value: "oldest", directionLabel: "Oldest first" },
  { label: "Name", value: "name", directionLabel: "A–Z" },
  { label: "Expires", value: "ends", directionLabel: "Soonest first" },
];

export default function Awards() {
  const { page, unfiltered } = useLoaderData<typeof loader>();
  const empty = unfiltered && page.rows.length === 0 && !page.previous;
  return (
    <Page title="Awards" subtitle="What customers can buy with their points" primaryAction={{ content: "Create award", url: "/app/awards/new" }} fullWidth>
      <Card padding="0">{empty ? <NoAwards /> : <AwardTable />}</Card>
    </Page>
  );
}

function NoAwards() {
  return (
    <EmptyList heading="Create your first award" action={{ content: "Create award", url: "/app/awards/new" }} image={emptyAwards}>
      <p>An award is what points buy: say what it is worth, what it costs in points, and where its codes come from. We put the codes on Shopify before anybody can redeem one.</p>
    </EmptyList>
  );
}

function AwardTable() {
  const { page, countBound } = useLoaderData<typeof loader>();
  const rows = page.rows;
  const small = useBreakpoints().smDown;
  const selection = useIndexResourceState(rows, { resourceIDResolver: (row) => String(row.number) });
  const archive = useArchive(selection.clearSelection);
  const [asking, setAsking] = useState(false);
  const chosen = rows.filter((row) => selection.selectedResources.includes(String(row.number)) && row.state !== "archived");
  return (
    <>
      <ListFilters placeholder="Search by name or id" tabs={TABS} sorts={SORT_CHOICES} />
      <IndexTable
        condensed={small}
        resourceName={{ singular: "award", plural: "awards" }}
        itemCount={rows.length}
        loading={useListLoading()}
        selectedItemsCount={selection.allResourcesSelected ? "All" : selection.selectedResources.length}
        onSelectionChange={selection.handleSelectionChange}
        promotedBulkActions={[{ content: "Archive", disabled: chosen.length === 0, onAction: () => setAsking(true) }]}
        headings={[{ title: "Award" }, { title: "Points", alignment: "end" }, { title: "Codes ready", alignment: "end" }, { title: "Redemptions", alignment: "end", paddingBlockEnd: "400" }, { title: "Expires" }, { title: "Status" }]}
        emptyState={<EmptySearchResult title="No awards found" description="Try another search or another tab." withIllustration />}
        pagination={useCursorPager(page)}
      >
        {rows.map((row, index) => (
          <IndexTable.Row key={row.number} id={String(row.number)} position={index} selected={selection.selectedResources.includes(String(row.number))}>
            {small ? <SmallRow row={row} /> : <WideRow row={row} bound={countBound} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
      <ArchiveModal
        open={asking}
        count={chosen.length}
        onConfirm={() => {
          setAsking(false);
          archive(chosen);
        }}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

/** A row's one link; IndexTable follows it wherever the row is clicked. */
function AwardLink({ row }: { row: AwardRow }) {
  const navigate = useNavigate();
  const href = `/app/awards/${awardId(row.number)}`;
  return (
    <a
      href={href}
      data-primary-link
      style={{ color: "inherit", textDecoration: "none" }}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        navigate(href);
      }}
    >
      <Text as="span" variant="bodyMd" fontWeight="semibold" breakWord>
        {row.name}
      </Text>
    </a>
  );
}

/** A long name or many terms wrap: on one line they would push the other columns out of sight. */
const NAME_WIDTH = 480;

function WideRow({ row, bound }: { row: AwardRow; bound: number }) {
  const shop = useShop();
  return (
    <>
      <IndexTable.Cell>
        <div style={{ maxWidth: NAME_WIDTH, whiteSpace: "normal" }}>
          <BlockStack gap="050">
            <AwardLink row={row} />
            <Text as="span" tone="subdued" variant="bodySm" breakWord>
              {describeTerms(row, "en", shop)} · {awardId(row.number)}
            </Text>
          </BlockStack>
        </div>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric tone={row.pointsPrice === null ? "subdued" : undefined}>
          {row.pointsPrice === null ? "Not sold" : formatPrice(row.pointsPrice, row.maxPoints)}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric>
          {row.codeSource === "single" ? (row.readyCount ? "1 for all" : "0") : formatBounded(row.readyCount, bound)}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <NumberCell>
          {formatCount(row.redemptionsCount)}
          {row.usesTotal !== null && ` / ${formatCount(row.usesTotal)}`}
        </NumberCell>
      </IndexTable.Cell>
      <IndexTable.Cell>{row.endsAt ? <Time at={row.endsAt} day /> : <Text as="span" tone="subdued">Never</Text>}</IndexTable.Cell>
      <IndexTable.Cell>
        <Statuses row={row} />
      </IndexTable.Cell>
    </>
  );
}

function SmallRow({ row }: { row: AwardRow }) {
  const shop = useShop();
  return (
    <div style={{ padding: "12px 16px", width: "100%" }}>
      <BlockStack gap="100">
        <InlineStack align="space-between" gap="200" blockAlign="center">
          <AwardLink row={row} />
          <Statuses row={row} />
        </InlineStack>
        <Text as="span" tone="subdued">
          {describeTerms(row, "en", shop)}
        </Text>
        <Text as="span" tone="subdued" variant="bodySm">
          {row.pointsPrice === null ? `Not sold for ${shop.pointsName}` : `${formatPrice(row.pointsPrice, row.maxPoints)} ${shop.pointsName}`}
          {" · "}
          {formatCount(row.redemptionsCount)} redeemed
        </Text>
      </BlockStack>
    </div>
  );
}

/** The status; beside it the one trouble a merchant must hear of. */
function Statuses({ row }: { row: AwardRow }) {
  return (
    <InlineStack gap="100" wrap={false}>
      <AwardBadge state={row.state} />
      {row.state === "active" && row.discountState !== "live" && row.discountState !== "local" && <DiscountBadge state={row.discountState} />}
    </InlineStack>
  );
}

/** Archives awards and tells how many it were. */
function useArchive(done: () => void) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [told, setTold] = useState<typeof fetcher.data>();
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer || answer === told) return;
    setTold(answer);
    done();
    shopify.toast.show(`${plural(answer.archived, "award")} archived`);
  });
  return (rows: AwardRow[]) => {
    const form = new FormData();
    for (const { number } of rows) form.append("archive", String(number));
    fetcher.submit(form, { method: "post" });
  };
}
