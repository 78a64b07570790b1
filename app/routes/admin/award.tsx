import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData, useSearchParams } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Card, InlineGrid, InlineStack, Layout, Link, Page, Text } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { z } from "zod";
import { awardState, draftOfAward } from "../../domain/awards/award";
import { discountProblems } from "../../domain/awards/discount-problems.server";
import { listAwardTexts } from "../../domain/awards/find-texts.server";
import { limitWarnings } from "../../domain/awards/limits";
import { awardFigures, findAward } from "../../domain/awards/queries.server";
import { setAwardStatus } from "../../domain/awards/set-status.server";
import { describeTerms } from "../../domain/awards/terms";
import { LANGUAGE_NAMES } from "../../domain/awards/text";
import { whyInvalid } from "../../domain/awards/validity";
import { retryAward } from "../../domain/changes/retry-award.server";
import { stockForecast } from "../../domain/codes/stock.server";
import { COUPON_FILTERS, listCoupons, listRedemptions } from "../../domain/coupons/queries.server";
import { awardId, parseAwardId } from "../../lib/ids";
import { formatMoney } from "../../lib/money";
import { readPosition } from "../../lib/page";
import { ConfirmModal } from "../../ui/confirm-modal";
import { Copyable } from "../../ui/copyable";
import { formatBounded, formatCount, formatPrice } from "../../ui/count";
import { useFresh } from "../../ui/fresh";
import { RedemptionTable } from "../../ui/redemption-table";
import { useShop } from "../../ui/shop";
import { AwardBadge, DiscountBadge } from "../../ui/status-badge";
import { Time } from "../../ui/time";
import { ArchiveModal } from "./archive-modal";
import { AwardCoupons } from "./award-coupons";
import { AwardEnforcement } from "./award-enforcement";
import { AwardProblems } from "./award-problems";
import { AwardStock } from "./award-stock";
import { notFound, openAdmin } from "./door.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

const Search = z.object({ q: z.string().max(255).catch(""), status: z.enum(COUPON_FILTERS).nullable().catch(null) });
const LATEST = 10;

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const award = await findAward(shop.id, parseAwardId(params.awardId ?? "") ?? 0);
  if (!award) notFound("award");
  const address = new URL(request.url).searchParams;
  const { q, status } = Search.parse({ q: address.get("q") ?? "", status: address.get("status") });
  const awardNumber = award.number;
  const [figures, coupons, redemptions, texts, stock, problems] = await Promise.all([
    awardFigures(shop.id, awardNumber),
    listCoupons(shop.id, { awardNumber, text: q, filter: status, position: readPosition(address, 1) }, now),
    listRedemptions(shop.id, { awardNumber, text: "", since: null, until: null, reversed: null, position: null, size: LATEST }),
    listAwardTexts(shop.id, awardNumber),
    stockForecast(shop.id, awardNumber, now),
    discountProblems(shop.id, awardNumber),
  ]);
  const state = awardState(award, now);
  const invalid = whyInvalid({ ...award, ...figures, state, discountState: award.discount.state });
  // Of an award that is off or over no discount is made: nothing of it is on its way.
  const isAbsent = award.discount.state === "pending" && (award.status !== "active" || state === "expired");
  const discountShown = isAbsent ? "absent" as const : problems.some(({ kind }) => kind === "behind") && award.discount.state === "live" ? "behind" as const : award.discount.state;
  return { award, figures, coupons, redemptions, texts, stock, problems, state, invalid, discountShown };
}

const Intent = z.object({ intent: z.enum(["active", "inactive", "archived", "retry"]) });

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const number = parseAwardId(params.awardId ?? "") ?? notFound("award");
  const asked = Intent.safeParse(Object.fromEntries(await request.formData()));
  if (!asked.success) throw data({ title: "This cannot be done", message: "Load the page again." }, { status: 400 });
  const { intent } = asked.data;
  if (intent === "retry") return { said: (await retryAward(shop.id, number, now)) ? "Trying again" : "Nothing to try again" };
  const { outcome } = await setAwardStatus(shop.id, number, intent, now);
  if (outcome === "not_found") notFound("award");
  return { said: SAID[intent] };
}

const SAID = { active: "Award activated", inactive: "Award deactivated", archived: "Award archived" };
type Status = keyof typeof SAID;

export default function AwardDetail() {
  const { award, figures, state, invalid, redemptions, problems, discountShown } = useLoaderData<typeof loader>();
  const shop = useShop();
  const { act, busy } = useStatusAction();
  const [asking, setAsking] = useState<"inactive" | "archived" | null>(null);
  const id = awardId(award.number);
  useSavedToast();
  useFresh(discountShown !== "absent" && (discountShown === "pending" || figures.waitingCount > 0) || problems.some(({ isTried }) => isTried));
  const confirm = () => {
    if (asking) act(asking);
    setAsking(null);
  };
  return (
    <Page
      title={award.name}
      titleMetadata={<AwardBadge state={state} />}
      subtitle={describeTerms(award, "en", shop)}
      backAction={{ content: "Awards", url: "/app/awards" }}
      primaryAction={{ content: "Edit", url: `/app/awards/${id}/edit`, disabled: award.status === "archived" }}
      secondaryActions={[
        ...(award.status === "active" ? [{ content: "Deactivate", disabled: busy, onAction: () => setAsking("inactive") }] : [{ content: "Activate", disabled: busy, onAction: () => act("active") }]),
        { content: "Duplicate with changes", url: `/app/awards/new?from=${id}` },
        ...(award.status === "archived" ? [] : [{ content: "Archive", destructive: true, disabled: busy, onAction: () => setAsking("archived") }]),
      ]}
    >
      <BlockStack gap="400">
        <AwardProblems problems={problems} busy={busy} onRetry={() => act("retry")} />
        <FigureBar />
        <Layout>
          <Layout.Section>
            <BlockStack gap="400">
              <AwardCoupons id={id} />
              <Card padding="0">
                <div style={{ padding: "var(--p-space-400) var(--p-space-400) var(--p-space-200)" }}>
                  <InlineStack align="space-between">
                    <Text as="h2" variant="headingSm">
                      Redemptions
                    </Text>
                    {redemptions.next && <Link url={`/app/redemptions?award=${id}`}>See all</Link>}
                  </InlineStack>
                </div>
                <RedemptionTable rows={redemptions.rows} empty="No order has used a code of this award yet." hideAward />
              </Card>
            </BlockStack>
          </Layout.Section>
          <Layout.Section variant="oneThird">
            <BlockStack gap="400">
              <Details invalid={invalid} failedCount={figures.failedCount} />
              <AwardStock id={id} />
              <Rules />
              <Texts />
            </BlockStack>
          </Layout.Section>
        </Layout>
      </BlockStack>
      <ArchiveModal open={asking === "archived"} count={1} onConfirm={confirm} onClose={() => setAsking(null)} />
      <ConfirmModal
        open={asking === "inactive"}
        title="Deactivate this award?"
        message="Nobody can redeem it, and codes that customers hold stop working at the checkout until you activate it again."
        action="Deactivate"
        destructive
        onConfirm={confirm}
        onClose={() => setAsking(null)}
      />
    </Page>
  );
}

/** Sends a change of status and tells how it went. */
function useStatusAction() {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  useEffect(() => {
    if (fetcher.state === "idle" && fetcher.data) shopify.toast.show(fetcher.data.said);
  }, [fetcher.state, fetcher.data, shopify]);
  const act = (intent: Status | "retry") => fetcher.submit({ intent }, { method: "post" });
  return { act, busy: fetcher.state !== "idle" };
}

/** After a save the editor leads here; the toast is shown once and the address made clean. */
function useSavedToast() {
  const shopify = useAppBridge();
  const [params, setParams] = useSearchParams();
  const saved = params.has("saved");
  useEffect(() => {
    if (!saved) return;
    shopify.toast.show("Award saved");
    setParams({}, { replace: true, preventScrollReset: true });
  }, [saved, setParams, shopify]);
}

function FigureBar() {
  const { award, figures } = useLoaderData<typeof loader>();
  const { pointsName } = useShop();
  const cells = [
    { label: "Price", value: award.pointsPrice === null ? "Not sold" : `${formatPrice(award.pointsPrice, award.maxPoints)} ${pointsName}` },
    { label: "Codes ready", value: award.codeSource === "single" ? (figures.readyCount ? "1 for all" : "0") : formatBounded(figures.readyCount, figures.bound) },
    { label: "Given out", value: formatCount(figures.issuedCount) + (award.issuesTotal === null ? "" : ` / ${formatCount(award.issuesTotal)}`) },
    { label: "Redeemed", value: formatCount(figures.redemptionsCount) + (award.usesTotal === null ? "" : ` / ${formatCount(award.usesTotal)}`) },
    { label: "Discount given", value: formatMoney(figures.discountMinor, award.currency) + (figures.redemptionsCount > figures.bound ? "+" : "") },
  ];
  return (
    <Card>
      <InlineGrid columns={{ xs: 2, md: 5 }} gap="400">
        {cells.map(({ label, value }) => (
          <BlockStack key={label} gap="050">
            <Text as="span" tone="subdued" variant="bodySm">
              {label}
            </Text>
            <Text as="span" variant="headingMd">
              {value}
            </Text>
          </BlockStack>
        ))}
      </InlineGrid>
    </Card>
  );
}

function Details({ invalid, failedCount }: { invalid: string[]; failedCount: number }) {
  const { award, figures, discountShown } = useLoaderData<typeof loader>();
  const rows: { label: string; value: React.ReactNode }[] = [
    { label: "Id", value: <Copyable text={awardId(award.number)} what="Id" /> },
    { label: "Valid", value: invalid.length ? `No, because ${invalid.join(" and ")}` : <Badge tone="success">Yes</Badge> },
    ...(award.predecessor === null ? [] : [{ label: "Succeeds", value: <Link url={`/app/awards/${awardId(award.predecessor)}`}>{awardId(award.predecessor)}</Link> }]),
    { label: "Discount", value: <DiscountBadge state={discountShown} /> },
    { label: "Starts", value: <Time at={award.startsAt} /> },
    { label: "Ends", value: award.endsAt ? <Time at={award.endsAt} /> : "Never" },
    ...(figures.waitingCount && discountShown !== "absent" ? [{ label: "Codes on their way", value: formatBounded(figures.waitingCount, figures.bound) }] : []),
    ...(failedCount ? [{ label: "Codes that failed", value: <Badge tone="critical">{formatBounded(failedCount, figures.bound)}</Badge> }] : []),
    { label: "Combines with", value: [award.combinesProduct && "product", award.combinesOrder && "order", award.combinesShipping && "shipping"].filter(Boolean).join(", ") || "nothing" },
    { label: "Created", value: <Time at={award.createdAt} /> },
  ];
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Details
        </Text>
        {rows.map(({ label, value }) => (
          <BlockStack key={label} gap="050">
            <Text as="span" tone="subdued" variant="bodySm">
              {label}
            </Text>
            <div>{value}</div>
          </BlockStack>
        ))}
      </BlockStack>
    </Card>
  );
}

/** Who holds the award's rules, and what is open about its limits. */
function Rules() {
  const { award } = useLoaderData<typeof loader>();
  const draft = draftOfAward(award);
  const warnings = limitWarnings(draft, award.codeSource);
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Rules
        </Text>
        {warnings.map(({ message }) => (
          <Text as="p" key={message} tone="caution" variant="bodySm">
            {message}
          </Text>
        ))}
        <AwardEnforcement draft={draft} source={award.codeSource} />
      </BlockStack>
    </Card>
  );
}

/** What customers read, in each language it was written in. */
function Texts() {
  const { texts } = useLoaderData<typeof loader>();
  if (texts.length === 0) return null;
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          What customers read
        </Text>
        {texts.map(({ locale, displayName, conditions }) => (
          <BlockStack key={locale} gap="050">
            <Text as="span" tone="subdued" variant="bodySm">
              {LANGUAGE_NAMES[locale]}
            </Text>
            <div lang={locale} dir="auto">
              {displayName && <Text as="p">{displayName}</Text>}
              {conditions && (
                <Text as="p" variant="bodySm">
                  {conditions}
                </Text>
              )}
            </div>
          </BlockStack>
        ))}
      </BlockStack>
    </Card>
  );
}
