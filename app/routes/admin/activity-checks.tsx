import { Badge, BlockStack, Box, InlineStack, Link, Text } from "@shopify/polaris";
import type { LastLook } from "../../domain/drift/queries.server";
import type { listLedgerChecks } from "../../domain/points/check-ledgers.server";
import { publicId } from "../../lib/ids";
import { formatCount, plural } from "../../ui/count";
import { Time } from "../../ui/time";
import { LookNow, Problem, TabBar, type LookState } from "./activity-parts";

type LedgerCheck = Awaited<ReturnType<typeof listLedgerChecks>>[number];

const LOOKS = { orders: "Orders, beside Shopify’s", codes: "Codes, beside Shopify’s" } as const;
const UNITS = { orders: "order", codes: "code" } as const;

/** When orders, codes and points were last looked at, and what was found. */
export function Checks({ look, ledgerChecks }: { look: LookState; ledgerChecks: LedgerCheck[] }) {
  const found = new Map(look.last.map((each) => [each.kind, each]));
  return (
    <>
      <TabBar>
        <LookNow look={look} />
      </TabBar>
      <Box padding="400">
        <BlockStack gap="500">
          {(["orders", "codes"] as const).map((kind) => (
            <Look key={kind} kind={kind} look={found.get(kind) ?? null} />
          ))}
          <BlockStack gap="300">
            <Text as="h2" variant="headingSm">
              Points ledger, every entry and its chain
            </Text>
            {ledgerChecks.length === 0 && <Text as="p" tone="subdued">Not checked yet. It is, every night.</Text>}
            {ledgerChecks.map((check) => (
              <Ledger key={String(check.id)} check={check} />
            ))}
          </BlockStack>
        </BlockStack>
      </Box>
    </>
  );
}

function Look({ kind, look }: { kind: LastLook["kind"]; look: LastLook | null }) {
  return (
    <BlockStack gap="100">
      <InlineStack gap="200" blockAlign="center">
        <Text as="h2" variant="headingSm">
          {LOOKS[kind]}
        </Text>
        {look && <LookBadge look={look} />}
      </InlineStack>
      {!look && <Text as="p" tone="subdued">Not looked at yet.</Text>}
      {look && (
        <Text as="p">
          <Time at={look.startedAt} />: {plural(look.looked, UNITS[kind])} looked at, {plural(look.healed, "difference")} healed, {look.queued > 0 ? <Link url="/app/activity?view=differences">{`${formatCount(look.queued)} left to you`}</Link> : "none left to you"}
        </Text>
      )}
      {look?.problem && <Problem text={look.problem} />}
    </BlockStack>
  );
}

function LookBadge({ look }: { look: LastLook }) {
  switch (look.status) {
    case "running":
      return <Badge tone="attention">Looking</Badge>;
    case "done":
      return <Badge tone="success">Done</Badge>;
    case "failed":
      return <Badge tone="critical">Failed</Badge>;
    default:
      return look.status satisfies never;
  }
}

function Ledger({ check: { startedAt, endedAt, customersCount, entriesCount, brokenCount, brokenCustomerId, brokenSeq } }: { check: LedgerCheck }) {
  return (
    <InlineStack gap="200" blockAlign="center">
      {brokenCount > 0 ? <Badge tone="critical">Not as written</Badge> : endedAt ? <Badge tone="success">Unbroken</Badge> : <Badge tone="attention">Checking</Badge>}
      <Text as="p">
        <Time at={startedAt} />: {plural(Number(entriesCount), "entry", "entries")} of {plural(customersCount, "customer")}
        {brokenCount > 0 && brokenCustomerId !== null && (
          <>
            {", "}
            {plural(brokenCount, "ledger")} not as written, the first of <Link url={`/app/customers/${publicId("customer", brokenCustomerId)}`}>this customer</Link>
            {brokenSeq !== null && `, from entry ${brokenSeq} on`}
          </>
        )}
      </Text>
    </InlineStack>
  );
}
