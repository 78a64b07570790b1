import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData, useLocation } from "@remix-run/react";
import { Card, Page, TextField } from "@shopify/polaris";
import { listRedemptions } from "../../domain/coupons/queries.server";
import { awardId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import emptyAwards from "../../ui/empty-awards.svg";
import { EmptyList } from "../../ui/empty-list";
import { useExport } from "../../ui/export";
import { ListFilters, useCursorPager, useListAddress, useListLoading } from "../../ui/list";
import { RedemptionTable } from "../../ui/redemption-table";
import { openAdmin } from "./door.server";
import { readRedemptionSearch } from "./redemption-search";

/** What of the address leaves rows out. */
const NARROWING = ["q", "award", "since", "until", "reversed"];

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const params = new URL(request.url).searchParams;
  const search = readRedemptionSearch(params, shop.timeZone);
  const page = await listRedemptions(shop.id, { ...search, position: readPosition(params, 1) });
  return { page, award: search.awardNumber === null ? null : awardId(search.awardNumber), unfiltered: !NARROWING.some((name) => params.get(name)) };
}

const TABS = [
  { label: "All", value: null },
  { label: "Standing", value: "no" },
  { label: "Reversed", value: "yes" },
];

const SUBTITLE = "Every use of a code on an order";

export default function Redemptions() {
  const { page, award, unfiltered } = useLoaderData<typeof loader>();
  const { search } = useLocation();
  const { exporting, start } = useExport(`/app/redemptions.csv${search}`, "redemptions.csv");
  const loading = useListLoading();
  const pagination = useCursorPager(page);
  if (unfiltered && page.rows.length === 0 && !page.previous) return <NoRedemptions />;
  return (
    <Page title="Redemptions" subtitle={SUBTITLE} fullWidth secondaryActions={[{ content: "Export", onAction: start, loading: exporting }]}>
      <Card padding="0">
        <RedemptionFilters award={award} />
        <RedemptionTable rows={page.rows} loading={loading} pagination={pagination} empty="Try another search or another tab." />
      </Card>
    </Page>
  );
}

function NoRedemptions() {
  return (
    <Page title="Redemptions" subtitle={SUBTITLE} fullWidth>
      <Card padding="0">
        <EmptyList heading="No redemptions yet" image={emptyAwards}>
          <p>Each order that uses a code of an award appears here, with what it took off and who used it.</p>
        </EmptyList>
      </Card>
    </Page>
  );
}

function RedemptionFilters({ award }: { award: string | null }) {
  const { params, change } = useListAddress();
  const date = (name: "since" | "until", label: string) => ({
    key: name,
    label,
    filter: <TextField label={label} type="date" autoComplete="off" value={params.get(name) ?? ""} onChange={(value) => change({ [name]: value })} />,
  });
  const applied = [
    { key: "award", label: `Award ${award}`, shown: award !== null },
    { key: "since", label: `From ${params.get("since")}`, shown: params.has("since") },
    { key: "until", label: `To ${params.get("until")}`, shown: params.has("until") },
  ];
  return (
    <ListFilters
      placeholder="Search by order, code or customer"
      tabs={TABS}
      tabParameter="reversed"
      filters={[
        { key: "award", label: "Award id", filter: <TextField label="Award id" autoComplete="off" placeholder="awd_1" value={params.get("award") ?? ""} onChange={(value) => change({ award: value })} /> },
        date("since", "From"),
        date("until", "To"),
      ]}
      appliedFilters={applied.filter(({ shown }) => shown).map(({ key, label }) => ({ key, label, onRemove: () => change({ [key]: null }) }))}
    />
  );
}
