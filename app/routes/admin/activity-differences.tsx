import { Badge, BlockStack, ButtonGroup, EmptySearchResult, IndexTable, Link, Text, useBreakpoints } from "@shopify/polaris";
import type { DriftAction } from "../../domain/drift/drift";
import type { DriftRow } from "../../domain/drift/queries.server";
import { awardId, publicId } from "../../lib/ids";
import { useCursorPager, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { AgainButton, LookNow, Problem, TabBar, type LookState, type TableProps } from "./activity-parts";

interface Action {
  label: string;
  confirm: { title: string; message: string; destructive?: boolean };
}

const ACTIONS: Record<DriftAction, Action> = {
  restore: { label: "Restore", confirm: { title: "Restore the discount at Shopify?", message: "It gets the award’s terms and codes again; what was changed in Shopify’s admin is overwritten." } },
  deactivate_award: { label: "Deactivate award", confirm: { title: "Deactivate the award?", message: "Nobody gets or uses a coupon of it until you activate it again.", destructive: true } },
  remove_code: { label: "Remove code", confirm: { title: "Remove the code from Shopify?", message: "Nobody can use it any more. This cannot be undone here.", destructive: true } },
  give_back: { label: "Give back", confirm: { title: "Give back what the coupon cost?", message: "Its code is taken off Shopify. The customer has the points again, or another code, as the award says.", destructive: true } },
  leave: { label: "Leave it", confirm: { title: "Leave it as it is?", message: "It is not shown again." } },
};

const STATUSES: Record<DriftRow["status"], { text: string; tone?: "success" | "attention" }> = {
  queued: { text: "Waits for you", tone: "attention" },
  healed: { text: "Healed", tone: "success" },
  closed: { text: "Closed" },
};

/** Where Shopify and Scrip differ, and what was done about it. */
export function DifferenceTable({ view, look, rows, next, previous }: TableProps<DriftRow> & { view: "differences" | "settled"; look: LookState }) {
  const small = useBreakpoints().smDown;
  const none = view === "differences" ? "No difference waits for you. When orders and codes were last compared stands under Checks." : "No difference was found and settled yet.";
  return (
    <>
      <TabBar views={[{ view: "differences", label: "Waiting" }, { view: "settled", label: "Settled" }]} shown={view}>
        <LookNow look={look} />
      </TabBar>
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "difference", plural: "differences" }}
        itemCount={rows.length}
        loading={useListLoading()}
        headings={[{ title: "Difference" }, { title: "Found" }, { title: "What happened" }, { title: view === "differences" ? "Action" : "Status", hidden: view === "differences" }]}
        emptyState={<EmptySearchResult title="Nothing here" description={none} />}
        pagination={useCursorPager({ next, previous })}
      >
        {rows.map((row, index) => (
          <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
            {small ? <SmallDifference row={row} /> : <WideDifference row={row} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </>
  );
}

function WideDifference({ row }: { row: DriftRow }) {
  return (
    <>
      <IndexTable.Cell>
        <What row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={row.foundAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Happened row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <End row={row} />
      </IndexTable.Cell>
    </>
  );
}

function SmallDifference({ row }: { row: DriftRow }) {
  return (
    <SmallRow>
      <What row={row} />
      <Text as="p" tone="subdued" variant="bodySm">
        <Time at={row.foundAt} />
      </Text>
      <Happened row={row} />
      <End row={row} />
    </SmallRow>
  );
}

function What({ row: { title, awardNumber, awardName, details } }: { row: DriftRow }) {
  const subject = details.code ?? details.orderName;
  return (
    <div style={{ maxWidth: 320, whiteSpace: "normal" }}>
      <BlockStack gap="050">
        <Text as="span" fontWeight="semibold">
          {title}
        </Text>
        {subject !== undefined && (
          <Text as="span" tone="subdued" variant="bodySm" breakWord>
            {subject}
          </Text>
        )}
        {awardNumber !== null && <Link url={`/app/awards/${awardId(awardNumber)}`}>{awardName ?? awardId(awardNumber)}</Link>}
      </BlockStack>
    </div>
  );
}

function Happened({ row: { reason, remedy, details } }: { row: DriftRow }) {
  return (
    <BlockStack gap="100">
      {reason !== "" && <Problem text={reason} />}
      {details.terms?.map(({ term, ours, theirs }) => <Problem key={term} text={`${term}: ${ours} here, ${theirs} at Shopify`} />)}
      {remedy !== "" && <Problem text={remedy} subdued />}
    </BlockStack>
  );
}

function End({ row }: { row: DriftRow }) {
  if (row.actions.length === 0) return <Badge tone={STATUSES[row.status].tone}>{STATUSES[row.status].text}</Badge>;
  return (
    <ButtonGroup>
      {row.actions.map((intent) => (
        <AgainButton key={intent} intent={intent} id={publicId("drift", row.id)} {...ACTIONS[intent]} />
      ))}
    </ButtonGroup>
  );
}
