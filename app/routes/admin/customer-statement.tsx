/** A customer's points, line by line: a table, on a phone each line as a row of its own. */
import { BlockStack, Box, Card, IndexTable, InlineStack, Link, Text, useBreakpoints } from "@shopify/polaris";
import type { CustomerLine } from "../../domain/coupons/statement.server";
import { transactionOf } from "../../domain/points/transaction";
import { awardId } from "../../lib/ids";
import type { Page } from "../../lib/page";
import { formatCount } from "../../ui/count";
import { useCursorPager, useListLoading } from "../../ui/list";
import { OrderLink } from "../../ui/order-link";
import { SmallRow } from "../../ui/small-row";
import { TextCell } from "../../ui/text-cell";
import { Time } from "../../ui/time";

const KINDS: Record<CustomerLine["kind"], string> = {
  earned: "Earned",
  earning_reversed: "Earning taken back",
  spent: "Spent",
  spending_returned: "Returned",
  adjusted: "Adjusted by staff",
  imported: "Imported",
  expired: "Expired",
  merged: "Merged customer",
};

export function CustomerStatement({ statement }: { statement: Page<CustomerLine> }) {
  const small = useBreakpoints().smDown;
  return (
    <Card padding="0">
      <Box padding="400">
        <Text as="h2" variant="headingSm">
          Statement
        </Text>
      </Box>
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "entry", plural: "entries" }}
        itemCount={statement.rows.length}
        loading={useListLoading()}
        headings={[{ title: "When" }, { title: "What" }, { title: "Points", alignment: "end" }, { title: "Balance", alignment: "end" }]}
        emptyState={
          <Text as="p" tone="subdued">
            No points have moved yet. An order, or an adjustment of yours, makes the first line.
          </Text>
        }
        pagination={useCursorPager(statement)}
      >
        {statement.rows.map((line, index) => (
          <IndexTable.Row key={String(line.id)} id={String(line.id)} position={index}>
            {small ? <SmallLine line={line} /> : <WideLine line={line} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
    </Card>
  );
}

function WideLine({ line }: { line: CustomerLine }) {
  return (
    <>
      <IndexTable.Cell>
        <Time at={line.occurredAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <BlockStack gap="050">
          <Text as="span">{KINDS[line.kind]}</Text>
          <Why line={line} />
        </BlockStack>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Points points={line.points} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric>
          {formatCount(line.balanceAfter)}
        </Text>
      </IndexTable.Cell>
    </>
  );
}

function SmallLine({ line }: { line: CustomerLine }) {
  return (
    <SmallRow>
      <InlineStack align="space-between" blockAlign="center" gap="200">
        <Text as="span">{KINDS[line.kind]}</Text>
        <Points points={line.points} />
      </InlineStack>
      <Why line={line} />
      <InlineStack align="space-between" blockAlign="center" gap="200">
        <Text as="span" tone="subdued" variant="bodySm">
          <Time at={line.occurredAt} />
        </Text>
        <Text as="span" tone="subdued" variant="bodySm" numeric>
          Balance {formatCount(line.balanceAfter)}
        </Text>
      </InlineStack>
    </SmallRow>
  );
}

function Points({ points }: { points: number }) {
  return (
    <Text as="p" alignment="end" numeric fontWeight="semibold" tone={points > 0 ? "success" : undefined}>
      {points > 0 ? `+${formatCount(points)}` : `−${formatCount(-points)}`}
    </Text>
  );
}

const WHY_WIDTH = 320;

/** The note, which of an order is its name and leads there; what an integrator did has its own name of it beside. Of a coupon, its award. */
function Why({ line: { kind, note, orderGid, award } }: { line: CustomerLine }) {
  const transactionId = transactionOf(orderGid);
  const order = transactionId === null ? orderGid : null;
  const tellsOfOrder = kind !== "merged";
  const told = [order && tellsOfOrder ? null : note, transactionId && !note?.includes(transactionId) ? `Transaction ${transactionId}` : null].filter((text) => text !== null);
  return (
    <>
      {told.length > 0 && (
        <TextCell width={WHY_WIDTH}>
          <Text as="span" tone="subdued" variant="bodySm">
            {told.join(" · ")}
          </Text>
        </TextCell>
      )}
      {order && <OrderLink orderGid={order}>{(tellsOfOrder && note) || "Open order"}</OrderLink>}
      {award && (
        <TextCell width={WHY_WIDTH}>
          <Link url={`/app/awards/${awardId(award.number)}`} removeUnderline>
            {award.name}
          </Link>
        </TextCell>
      )}
    </>
  );
}
