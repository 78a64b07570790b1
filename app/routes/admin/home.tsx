import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { Banner, BlockStack, Button, Card, InlineGrid, InlineStack, Link, List, Page, ProgressBar, Text } from "@shopify/polaris";
import { liabilityAt } from "../../domain/points/liability.server";
import { readHealth } from "../../domain/reports/health.server";
import { listStockWarnings, readOverview, readSetup, type Setup } from "../../domain/reports/queries.server";
import { dismissGuide } from "../../domain/shops/change-settings.server";
import { awardId } from "../../lib/ids";
import { formatMoney } from "../../lib/money";
import { formatCount, plural } from "../../ui/count";
import { useShop } from "../../ui/shop";
import { openAdmin } from "./door.server";
import { GuideStep } from "./guide-step";
import { troublesIn, underWayIn, type Trouble } from "./health-words";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const [overview, liability, health, setup, stock] = await Promise.all([readOverview(shop, now), liabilityAt(shop.id, now), readHealth(shop), readSetup(shop.id), listStockWarnings(shop.id, now)]);
  return { overview, liability, health, setup, stock, guide: shop.guideDismissedAt === null };
}

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  await dismissGuide(shop.id, now);
  return null;
}

export default function Home() {
  const { guide, setup, stock, health } = useLoaderData<typeof loader>();
  const troubles = troublesIn(health);
  return (
    <Page title="Scrip" subtitle="Points that become coupons" primaryAction={{ content: "Create award", url: "/app/awards/new" }}>
      <BlockStack gap="400">
        {troubles.length > 0 && <TroubleBanner troubles={troubles} />}
        {guide && <SetupGuide setup={setup} />}
        {stock.length > 0 && <StockBanner />}
        <Tiles />
        {troubles.length === 0 && <CalmCard />}
      </BlockStack>
    </Page>
  );
}

function SetupGuide({ setup }: { setup: Setup }) {
  const { domain } = useShop();
  const fetcher = useFetcher();
  const steps = [
    { done: setup.awardActive, title: "Create an award", text: "Say what it is worth and what it costs in points.", action: { content: "Create award", url: "/app/awards/new" } },
    { done: setup.codesLive, title: "Codes are live on Shopify", text: "We put them there by ourselves, within moments of saving an award.", action: { content: "See activity", url: "/app/activity?view=pending" } },
    {
      done: setup.usedInCheckout,
      title: "Place the rewards in your checkout",
      text: "Add the block “Rewards” in the checkout editor. Done as soon as the first customer redeems there.",
      action: { content: "Open checkout settings", url: `https://${domain}/admin/settings/checkout`, target: "_top" as const },
    },
    { done: setup.redeemed, title: "First order with a coupon", text: "An order that uses a code appears among the redemptions.", action: { content: "See redemptions", url: "/app/redemptions" } },
  ];
  const doneCount = steps.filter(({ done }) => done).length;
  const next = steps.findIndex(({ done }) => !done);
  return (
    <Card>
      <BlockStack gap="400">
        <InlineStack align="space-between" blockAlign="center">
          <Text as="h2" variant="headingMd">
            {doneCount === steps.length ? "You are all set" : "Get started"}
          </Text>
          <Button variant="tertiary" loading={fetcher.state !== "idle"} onClick={() => fetcher.submit({}, { method: "post" })}>
            Dismiss
          </Button>
        </InlineStack>
        <InlineStack gap="300" blockAlign="center" wrap={false}>
          <Text as="span" tone="subdued" id="guide-progress">
            {doneCount} of {steps.length} done
          </Text>
          <div style={{ flex: 1, maxWidth: 240 }}>
            <ProgressBar progress={(doneCount / steps.length) * 100} size="small" tone="primary" ariaLabelledBy="guide-progress" />
          </div>
        </InlineStack>
        <BlockStack gap="100">
          {steps.map((step, index) => (
            <GuideStep key={step.title} {...step} open={index === next} />
          ))}
        </BlockStack>
      </BlockStack>
    </Card>
  );
}

function StockBanner() {
  const { stock } = useLoaderData<typeof loader>();
  return (
    <Banner tone="warning" title="Codes are running out">
      <List>
        {stock.map(({ awardNumber, name, readyCount, perDay }) => (
          <List.Item key={awardNumber}>
            <Link url={`/app/awards/${awardId(awardNumber)}`}>{name}</Link>: {readyCount === 0 ? "no code left" : `${plural(readyCount, "code")} left`}
            {readyCount > 0 && perDay > 0 && `, runs dry in about ${plural(Math.max(1, Math.floor(readyCount / perDay)), "day")}`}
          </List.Item>
        ))}
      </List>
    </Banner>
  );
}

function Tiles() {
  const { overview, liability } = useLoaderData<typeof loader>();
  const { currency, pointsName } = useShop();
  const { issuedCount, redeemedCount } = overview;
  const owed = [`${pointsName} customers have`, overview.heldPoints > 0 && `${formatCount(overview.heldPoints)} of them held`, liability.pendingPoints > 0 && `${formatCount(liability.pendingPoints)} more pending`];
  const tiles = [
    {
      label: "Points liability",
      value: liability.moneyMinor === null ? formatCount(liability.points) : formatMoney(liability.moneyMinor, currency),
      note: `${liability.moneyMinor === null ? "" : `${formatCount(liability.points)} `}${owed.filter(Boolean).join(", ")}`,
    },
    { label: "Coupons issued", value: formatCount(issuedCount), note: "in the last 30 days" },
    { label: "Redeemed", value: formatCount(redeemedCount), note: overview.reversedCount ? `in the last 30 days, and ${formatCount(overview.reversedCount)} reversed` : "in the last 30 days" },
    { label: "Redemption rate", value: issuedCount ? `${Math.min(100, Math.round((redeemedCount / issuedCount) * 100))}%` : "–", note: "redeemed of issued, last 30 days" },
    { label: "Discount given", value: formatMoney(overview.discountMinor, currency), note: "in the last 30 days" },
  ];
  return (
    <InlineGrid columns={{ xs: 2, md: 3, lg: 5 }} gap={{ xs: "200", md: "400" }}>
      {tiles.map(({ label, value, note }) => (
        <Card key={label}>
          <BlockStack gap="100">
            <Text as="h2" variant="headingXs" tone="subdued">
              {label}
            </Text>
            <Text as="p" variant="headingLg" numeric>
              {value}
            </Text>
            <Text as="p" variant="bodySm" tone="subdued">
              {note}
            </Text>
          </BlockStack>
        </Card>
      ))}
    </InlineGrid>
  );
}

function TroubleBanner({ troubles }: { troubles: Trouble[] }) {
  return (
    <Banner tone="critical" title="Something needs your attention">
      <List>
        {troubles.map(({ text, view }) => (
          <List.Item key={view}>
            <Link url={`/app/activity?view=${view}`}>{text}</Link>
          </List.Item>
        ))}
      </List>
    </Banner>
  );
}

function CalmCard() {
  const { health } = useLoaderData<typeof loader>();
  return (
    <Card>
      <InlineStack align="space-between" blockAlign="center" gap="200">
        <Text as="p">{underWayIn(health) ?? "Nothing is waiting, and nothing failed."}</Text>
        <Link url="/app/activity?view=pending">Activity</Link>
      </InlineStack>
    </Card>
  );
}
