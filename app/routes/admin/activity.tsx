import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Button, Card, EmptySearchResult, IndexTable, InlineStack, Link, Page, Tabs, Text, useBreakpoints } from "@shopify/polaris";
import { useEffect } from "react";
import { z } from "zod";
import { retryChange } from "../../domain/changes/retry.server";
import { listChanges, listEvents, type ChangeRow, type EventRow } from "../../domain/reports/queries.server";
import { replayEvent } from "../../inbox/replay.server";
import { awardId, parseId, publicId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { plural } from "../../ui/count";
import { useCursorPager, useListAddress, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { openAdmin } from "./door.server";

const VIEWS = ["failed", "pending", "events", "failed-events"] as const;
const View = z.enum(VIEWS).catch("failed");

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const params = new URL(request.url).searchParams;
  const view = View.parse(params.get("view"));
  const position = readPosition(params, 1);
  switch (view) {
    case "failed":
    case "pending":
      return { view, changes: await listChanges(shop.id, view, position), events: null };
    case "events":
    case "failed-events":
      return { view, changes: null, events: await listEvents(shop.domain, view === "failed-events", position) };
    default:
      return view satisfies never;
  }
}

const Again = z.discriminatedUnion("intent", [
  z.object({ intent: z.literal("retry"), id: z.string().transform((id) => parseId("change", id)) }),
  z.object({ intent: z.literal("replay"), id: z.string().transform((id) => parseId("inboxEvent", id)) }),
]);

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = Again.safeParse(Object.fromEntries(await request.formData()));
  if (!form.success || form.data.id === null) throw data({ title: "This cannot be done", message: "Load the page again." }, { status: 400 });
  const { outcome } = form.data.intent === "retry" ? await retryChange(shop.id, form.data.id, now) : await replayEvent(shop.domain, form.data.id);
  return { said: outcome === "retried" || outcome === "replayed" ? "Trying again" : "It is not waiting for this any more" };
}

const TABS = [
  { id: "failed", content: "Not taken by Shopify" },
  { id: "pending", content: "On the way to Shopify" },
  { id: "events", content: "Webhooks" },
  { id: "failed-events", content: "Failed webhooks" },
];

export default function Activity() {
  const { view, changes, events } = useLoaderData<typeof loader>();
  const { change } = useListAddress();
  return (
    <Page title="Activity" subtitle="What the app and Shopify tell each other" fullWidth>
      <Card padding="0">
        <Tabs tabs={TABS} selected={VIEWS.indexOf(view)} onSelect={(index) => change({ view: VIEWS[index] ?? null })} />
        {changes && <ChangeTable {...changes} />}
        {events && <EventTable {...events} failedOnly={view === "failed-events"} />}
      </Card>
    </Page>
  );
}

const KINDS: Record<string, string> = {
  put_discount: "Create or update the discount",
  push_codes: "Put codes on Shopify",
  withdraw_code: "Take a code off Shopify",
  withdraw_codes: "Take unused codes off Shopify",
  withdraw_rest: "Take a used-up award’s codes off Shopify",
  refill_pool: "Make more codes",
  check_discount: "Compare the discount with the award",
  remove_code: "Take a code off Shopify that is not ours",
};

interface TableProps<T> {
  rows: T[];
  next: string | null;
  previous: string | null;
}

function ChangeTable({ rows, next, previous }: TableProps<ChangeRow>) {
  const small = useBreakpoints().smDown;
  return (
    <IndexTable
      condensed={small}
      selectable={false}
      resourceName={{ singular: "change", plural: "changes" }}
      itemCount={rows.length}
      loading={useListLoading()}
      headings={[{ title: "What" }, { title: "Award" }, { title: "Since" }, { title: "Tries", alignment: "end" }, { title: "What happened" }, { title: "Action", hidden: true }]}
      emptyState={<EmptySearchResult title="Nothing here" description="Shopify and the app agree." />}
      pagination={useCursorPager({ next, previous })}
    >
      {rows.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          {small ? <SmallChange row={row} /> : <WideChange row={row} />}
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}

function WideChange({ row }: { row: ChangeRow }) {
  return (
    <>
      <IndexTable.Cell>
        <Text as="span" fontWeight="semibold">
          {KINDS[row.kind] ?? row.kind}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <AwardLink row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={row.createdAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric>
          {row.attempts}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Problem text={whatHappened(row)} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <RetryButton row={row} />
      </IndexTable.Cell>
    </>
  );
}

const EVENTS: Record<EventRow["status"], { text: string; tone?: "success" | "critical" | "attention" }> = {
  received: { text: "Waiting", tone: "attention" },
  done: { text: "Done", tone: "success" },
  failed: { text: "Failed", tone: "critical" },
  ignored: { text: "Not for us" },
};

function EventTable({ rows, next, previous, failedOnly }: TableProps<EventRow> & { failedOnly: boolean }) {
  const small = useBreakpoints().smDown;
  return (
    <IndexTable
      condensed={small}
      selectable={false}
      resourceName={{ singular: "webhook", plural: "webhooks" }}
      itemCount={rows.length}
      loading={useListLoading()}
      headings={[{ title: "Topic" }, { title: "Received" }, { title: "Status" }, { title: "What happened" }, { title: "Action", hidden: true }]}
      emptyState={<EmptySearchResult title="Nothing here" description={failedOnly ? "No webhook of Shopify failed." : "What Shopify sends shows up here."} />}
      pagination={useCursorPager({ next, previous })}
    >
      {rows.map((row, index) => (
        <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
          {small ? <SmallEvent row={row} /> : <WideEvent row={row} />}
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}

function WideEvent({ row }: { row: EventRow }) {
  return (
    <>
      <IndexTable.Cell>
        <Topic row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={row.receivedAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Badge tone={EVENTS[row.status].tone}>{EVENTS[row.status].text}</Badge>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Problem text={row.problem ?? ""} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <ReplayButton row={row} />
      </IndexTable.Cell>
    </>
  );
}

function SmallChange({ row }: { row: ChangeRow }) {
  return (
    <SmallRow>
      <Text as="p" fontWeight="semibold">
        {KINDS[row.kind] ?? row.kind}
      </Text>
      <AwardLink row={row} />
      <Problem text={whatHappened(row)} />
      <Text as="p" tone="subdued" variant="bodySm">
        <Time at={row.createdAt} /> · {plural(row.attempts, "try", "tries")}
      </Text>
      <RetryButton row={row} />
    </SmallRow>
  );
}

function AwardLink({ row }: { row: ChangeRow }) {
  return row.awardNumber === null ? null : <Link url={`/app/awards/${awardId(row.awardNumber)}`}>{row.awardName ?? awardId(row.awardNumber)}</Link>;
}

function RetryButton({ row }: { row: ChangeRow }) {
  return row.status === "failed" ? <div><AgainButton intent="retry" id={publicId("change", row.id)} label="Retry" /></div> : null;
}

const whatHappened = (row: ChangeRow) => row.problem ?? (row.status === "pending" ? "Waiting for its turn" : "No reason was given");

function SmallEvent({ row }: { row: EventRow }) {
  return (
    <SmallRow>
      <InlineStack align="space-between" blockAlign="start" gap="200">
        <Topic row={row} />
        <Badge tone={EVENTS[row.status].tone}>{EVENTS[row.status].text}</Badge>
      </InlineStack>
      <Text as="p" tone="subdued" variant="bodySm">
        <Time at={row.receivedAt} />
      </Text>
      {row.problem && <Problem text={row.problem} />}
      <ReplayButton row={row} />
    </SmallRow>
  );
}

function Topic({ row }: { row: EventRow }) {
  return (
    <BlockStack gap="050">
      <Text as="span" fontWeight="semibold">
        {row.topic}
      </Text>
      <Text as="span" tone="subdued" variant="bodySm">
        {publicId("inboxEvent", row.id)}
      </Text>
    </BlockStack>
  );
}

function ReplayButton({ row }: { row: EventRow }) {
  return row.status === "failed" ? <div><AgainButton intent="replay" id={publicId("inboxEvent", row.id)} label="Replay" /></div> : null;
}

function Problem({ text }: { text: string }) {
  return (
    <div style={{ maxWidth: 480, whiteSpace: "normal" }}>
      <Text as="span" breakWord>
        {text}
      </Text>
    </div>
  );
}

function AgainButton({ intent, id, label }: { intent: "retry" | "replay"; id: string; label: string }) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  useEffect(() => {
    if (fetcher.state === "idle" && fetcher.data) shopify.toast.show(fetcher.data.said);
  }, [fetcher.state, fetcher.data, shopify]);
  return (
    <Button size="slim" loading={fetcher.state !== "idle"} accessibilityLabel={`${label} ${id}`} onClick={() => fetcher.submit({ intent, id }, { method: "post" })}>
      {label}
    </Button>
  );
}
