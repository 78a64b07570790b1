import { Badge, BlockStack, EmptySearchResult, IndexTable, InlineStack, Text, useBreakpoints } from "@shopify/polaris";
import type { EventRow } from "../../domain/reports/queries.server";
import { publicId } from "../../lib/ids";
import { plural } from "../../ui/count";
import { useCursorPager, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { AgainButton, Problem, TabBar, type TableProps } from "./activity-parts";

const STATUSES: Record<EventRow["status"], { text: string; tone?: "success" | "critical" | "attention" }> = {
  received: { text: "Waiting", tone: "attention" },
  done: { text: "Done", tone: "success" },
  failed: { text: "Failed", tone: "critical" },
  ignored: { text: "Not for us" },
};

/** What Shopify told us, and what came of it. */
export function EventTable({ view, rows, next, previous, failedCount }: TableProps<EventRow> & { view: "events" | "failed-events"; failedCount: number }) {
  const small = useBreakpoints().smDown;
  const failedOnly = view === "failed-events";
  return (
    <>
      <TabBar views={[{ view: "events", label: "All" }, { view: "failed-events", label: "Failed" }]} shown={view}>
        {failedOnly && failedCount > 0 && (
          <AgainButton
            intent="replay-all"
            label="Replay all"
            confirm={{ title: "Replay all failed webhooks?", message: "Each is worked again as it came, up to 500 at once. What it has done already is not done twice." }}
          />
        )}
      </TabBar>
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "webhook", plural: "webhooks" }}
        itemCount={rows.length}
        loading={useListLoading()}
        headings={[{ title: "Topic" }, { title: "Received" }, { title: "Status" }, { title: "Worked" }, { title: "What happened" }, { title: "Action", hidden: true }]}
        emptyState={<EmptySearchResult title="Nothing here" description={failedOnly ? "No webhook of Shopify failed." : "What Shopify sends shows up here."} />}
        pagination={useCursorPager({ next, previous })}
      >
        {rows.map((row, index) => (
          <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
            {small ? <SmallEvent row={row} /> : <WideEvent row={row} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </>
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
        <Badge tone={STATUSES[row.status].tone}>{STATUSES[row.status].text}</Badge>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Worked row={row} />
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

function SmallEvent({ row }: { row: EventRow }) {
  return (
    <SmallRow>
      <InlineStack align="space-between" blockAlign="start" gap="200">
        <Topic row={row} />
        <Badge tone={STATUSES[row.status].tone}>{STATUSES[row.status].text}</Badge>
      </InlineStack>
      <Text as="p" tone="subdued" variant="bodySm">
        <Time at={row.receivedAt} /> · <Worked row={row} />
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

const MINUTE_MS = 60_000;
const UNITS = [
  [1_440, "day"],
  [60, "hour"],
  [1, "minute"],
] as const;

/** How long it waited until it was worked, and how often that failed before. */
function Worked({ row }: { row: EventRow }) {
  if (!row.workedAt) return <>not yet</>;
  const minutes = Math.floor((row.workedAt.getTime() - row.receivedAt.getTime()) / MINUTE_MS);
  const [size, unit] = UNITS.find(([each]) => minutes >= each) ?? [1, null];
  const after = unit === null ? "within a minute" : `after ${plural(Math.floor(minutes / size), unit)}`;
  return <>{row.attempts > 0 ? `${after}, ${plural(row.attempts, "failed try", "failed tries")}` : after}</>;
}

function ReplayButton({ row }: { row: EventRow }) {
  if (!row.replayable) return null;
  const id = publicId("inboxEvent", row.id);
  if (row.status === "failed") return <AgainButton intent="replay" id={id} label="Replay" />;
  const confirm = { title: "Replay this webhook?", message: "It is worked again as it came. What it has done already is not done twice." };
  return <AgainButton intent="replay" id={id} label="Replay" variant="tertiary" confirm={confirm} />;
}
