import { EmptySearchResult, IndexTable, Link, Text, useBreakpoints } from "@shopify/polaris";
import type { ChangeKind } from "../../domain/changes/record.server";
import type { ChangeRow } from "../../domain/reports/queries.server";
import { awardId, publicId } from "../../lib/ids";
import { plural } from "../../ui/count";
import { useCursorPager, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { AgainButton, Problem, TabBar, type TableProps } from "./activity-parts";

const KINDS: Record<ChangeKind, string> = {
  put_discount: "Create or update the discount",
  push_codes: "Put codes on Shopify",
  withdraw_code: "Take a code off Shopify",
  withdraw_codes: "Take unused codes off Shopify",
  withdraw_rest: "Take a used-up award’s codes off Shopify",
  refill_pool: "Make more codes",
  read_segment: "Read who is in a segment",
  read_collection: "Read which products a collection has",
  check_discount: "Compare a discount with its award",
  remove_code: "Take a code that is not ours off Shopify",
};

const nameOf = (kind: string): string => (KINDS as Record<string, string | undefined>)[kind] ?? kind;

/** What Shopify must still be told, or would not hear. */
export function ChangeTable({ view, rows, next, previous, failedCount }: TableProps<ChangeRow> & { view: "failed" | "pending"; failedCount: number }) {
  const small = useBreakpoints().smDown;
  const none = view === "failed" ? "Shopify took every change." : "Nothing is waiting: Shopify knows all that Scrip knows.";
  return (
    <>
      {view === "failed" && failedCount > 0 && (
        <TabBar>
          <AgainButton
            intent="retry-all"
            label="Retry all"
            confirm={{ title: "Retry all failed changes?", message: "Each is sent to Shopify again, up to 500 at once. Nothing is done twice. What Shopify refuses again comes back here with its reason." }}
          />
        </TabBar>
      )}
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "change", plural: "changes" }}
        itemCount={rows.length}
        loading={useListLoading()}
        headings={[{ title: "What" }, { title: "Award" }, { title: "Since" }, { title: "Tries", alignment: "end" }, { title: "What happened" }, { title: "Action", hidden: true }]}
        emptyState={<EmptySearchResult title="Nothing here" description={none} />}
        pagination={useCursorPager({ next, previous })}
      >
        {rows.map((row, index) => (
          <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
            {small ? <SmallChange row={row} /> : <WideChange row={row} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </>
  );
}

function WideChange({ row }: { row: ChangeRow }) {
  return (
    <>
      <IndexTable.Cell>
        <Text as="span" fontWeight="semibold">
          {nameOf(row.kind)}
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
        <WhatHappened row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <RetryButton row={row} />
      </IndexTable.Cell>
    </>
  );
}

function SmallChange({ row }: { row: ChangeRow }) {
  return (
    <SmallRow>
      <Text as="p" fontWeight="semibold">
        {nameOf(row.kind)}
      </Text>
      <AwardLink row={row} />
      <WhatHappened row={row} />
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
  return row.status === "failed" ? <AgainButton intent="retry" id={publicId("change", row.id)} label="Retry" /> : null;
}

function WhatHappened({ row }: { row: ChangeRow }) {
  const text = row.problem ?? (row.status === "pending" ? "Waiting for its turn" : "No reason was given");
  if (row.status !== "pending" || row.attempts === 0) return <Problem text={text} />;
  return (
    <>
      <Problem text={text} />
      <Text as="p" tone="subdued" variant="bodySm">
        Next try <Time at={row.nextAttemptAt} />
      </Text>
    </>
  );
}
