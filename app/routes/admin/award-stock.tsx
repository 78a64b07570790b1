import { useLoaderData } from "@remix-run/react";
import { Badge, BlockStack, Card, InlineStack, Link, Text } from "@shopify/polaris";
import { STOCK_BOUND } from "../../domain/codes/sizing";
import type { StockForecast } from "../../domain/codes/stock.server";
import { formatBounded, formatCount, plural } from "../../ui/count";
import { Time } from "../../ui/time";
import type { loader } from "./award";

/** The stock of an award's codes: what is left, how long it lasts, and what a guess is worth. */
export function AwardStock({ id }: { id: string }) {
  const { stock } = useLoaderData<typeof loader>();
  if (!stock) return null;
  return (
    <Card>
      <BlockStack gap="300">
        <InlineStack align="space-between" blockAlign="center">
          <Text as="h2" variant="headingSm">
            Stock of codes
          </Text>
          <Link url={`/app/awards/${id}/codes`}>Manage</Link>
        </InlineStack>
        <StockFigures stock={stock} />
      </BlockStack>
    </Card>
  );
}

export function StockFigures({ stock }: { stock: StockForecast }) {
  const { ready, stopped, waiting, stockTarget, selfSizing, lowStockAt, rotateDays, guess } = stock;
  return (
    <BlockStack gap="200">
      <InlineStack gap="200" blockAlign="center">
        <Text as="p">{formatBounded(ready, STOCK_BOUND)} {ready === 1 ? "code" : "codes"} ready</Text>
        {lowStockAt !== null && ready < lowStockAt && !stopped && <Badge tone="warning">Low</Badge>}
        {ready === 0 && (waiting && !stopped ? <Badge tone="attention">Not on Shopify yet</Badge> : <Badge tone="critical">{stopped ? "Off in Shopify" : "None left"}</Badge>)}
      </InlineStack>
      {stockTarget > 0 && (
        <Text as="p" tone="subdued">
          Filled up again to {formatCount(stockTarget)}{selfSizing ? ", as many as recent demand asks for" : ""}.
        </Text>
      )}
      <Text as="p" tone="subdued">
        <Pull stock={stock} />
      </Text>
      {rotateDays !== null && (
        <Text as="p" tone="subdued">
          Replaced every {rotateDays === 1 ? "day" : plural(rotateDays, "day")}.
        </Text>
      )}
      {guess && <Guess guess={guess} />}
    </BlockStack>
  );
}

function Pull({ stock }: { stock: StockForecast }) {
  const { perDay } = stock;
  if (perDay === 0) return <>No code was given out in the last week.</>;
  const rounded = Math.round(perDay);
  const pace = perDay < 1 ? "Less than one is" : rounded === 1 ? "About one is" : `About ${formatCount(rounded)} are`;
  return (
    <>
      {pace} given out a day. <Outlook stock={stock} />
    </>
  );
}

/** How long the codes last, where there is something to last: those that are ready, and those that can still be made. */
function Outlook({ stock: { dryAt, ready, stockTarget, shared, stopped, waiting } }: { stock: StockForecast }) {
  if (stopped || shared || waiting || (ready === 0 && stockTarget === 0)) return null;
  if (dryAt) return <>At this pace the codes run dry on <Time at={dryAt} day />.</>;
  return <>{stockTarget > 0 ? "At this pace new ones can be made for years." : "At this pace they last for years."}</>;
}

function Guess({ guess: { space, made, live, odds, risky } }: { guess: NonNullable<StockForecast["guess"]> }) {
  return (
    <>
      <Text as="p" tone="subdued">
        {formatCount(made)} of {formatCount(space)} possible codes were made. {live > 0 && `One guess in ${formatCount(Math.round(1 / odds))} hits a code that may still work.`}
      </Text>
      {risky && (
        <InlineStack gap="200">
          <Badge tone="warning">Can be guessed</Badge>
          <Text as="span" tone="subdued">
            A script could find a code by trying.
          </Text>
        </InlineStack>
      )}
    </>
  );
}
