import { randomUUID } from "node:crypto";
import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Badge, Banner, BlockStack, Button, Card, InlineGrid, InlineStack, Layout, Link, Page, ProgressBar, Text } from "@shopify/polaris";
import { z } from "zod";
import { listCouponsOf, type HeldCouponRow } from "../../domain/coupons/queries.server";
import { listCustomerStatement } from "../../domain/coupons/statement.server";
import type { Birthday } from "../../domain/customers/birthday";
import { findCustomerById, listMergedInto } from "../../domain/customers/queries.server";
import { adjustPoints, Adjustment } from "../../domain/points/adjust.server";
import { findBalance, findOutlook } from "../../domain/points/queries.server";
import { readStanding } from "../../domain/points/tiers.server";
import { gidTail } from "../../lib/gid";
import { awardId, parseId, publicId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { Copyable } from "../../ui/copyable";
import { formatCount } from "../../ui/count";
import { customerName } from "../../ui/customer-name";
import { useOpening } from "../../ui/opening";
import { useShop } from "../../ui/shop";
import { Time } from "../../ui/time";
import { AdjustModal } from "./adjust-modal";
import { BirthdayModal, MONTH_NAMES } from "./birthday-modal";
import { CustomerStatement } from "./customer-statement";
import { notFound, openAdmin } from "./door.server";
import { multiplierWords } from "./earning-form";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const id = parseId("customer", params.customerId ?? "") ?? notFound("customer");
  const [customer, mergedIds, points, outlook, standing, coupons, statement] = await Promise.all([
    findCustomerById(shop.id, id),
    listMergedInto(shop.id, id),
    findBalance(shop.id, id, now),
    findOutlook(shop.id, id, now),
    readStanding(shop.id, id, now),
    listCouponsOf(shop.id, id),
    listCustomerStatement(shop.id, id, readPosition(new URL(request.url).searchParams, 1)),
  ]);
  if (!customer) notFound("customer");
  const { birthMonth, birthDay } = customer;
  const birthday: Birthday | null = birthMonth !== null && birthDay !== null ? { month: birthMonth, day: birthDay } : null;
  return { customer, birthday, points, outlook, standing, coupons, statement, mergedIds, requestKey: randomUUID() };
}

const AdjustForm = z.object({ direction: z.enum(["give", "take"]), amount: z.string().max(20), reason: z.string().max(1000), requestKey: z.string() });

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const id = parseId("customer", params.customerId ?? "") ?? notFound("customer");
  const form = AdjustForm.safeParse(Object.fromEntries(await request.formData()));
  if (!form.success) throw data({ title: "This form cannot be read", message: "Load the page again and try once more." }, { status: 400 });
  // Whoever was merged has nothing of their own any more: points go to who stayed.
  const customer = (await findCustomerById(shop.id, id)) ?? notFound("customer");
  const { direction, amount, reason, requestKey } = form.data;
  const points = /^\d{1,9}$/.test(amount.trim()) ? Number(amount) : Number.NaN;
  const adjustment = Adjustment.safeParse({ points: direction === "take" ? -points : points, reason, requestKey });
  if (!adjustment.success) return data(refused(adjustment.error), { status: 422 });
  const { outcome, balance, held } = await adjustPoints(shop.id, customer.mergedIntoId ?? id, adjustment.data, now);
  if (outcome === "insufficient") return data({ adjusted: false, amount: `Only ${formatCount(Math.max(0, balance - held))} can be taken; the rest is not there, or held for coupons.`, reason: undefined }, { status: 422 });
  if (outcome === "full") return data({ adjusted: false, amount: "A balance cannot hold so many points.", reason: undefined }, { status: 422 });
  return { adjusted: true, amount: undefined, reason: undefined };
}

function refused(error: z.ZodError) {
  const of = (field: string) => error.issues.find((issue) => issue.path[0] === field);
  const points = of("points");
  return { adjusted: false, amount: points && (points.code === "invalid_type" ? "Enter a whole number, with digits only." : points.message), reason: of("reason")?.message };
}

export default function Customer() {
  const { customer, points, coupons, statement, requestKey } = useLoaderData<typeof loader>();
  const { domain } = useShop();
  const adjusting = useOpening();
  const isMerged = customer.mergedIntoId !== null;
  return (
    <Page
      title={customerName(customer)}
      subtitle={customer.email ?? undefined}
      backAction={{ content: "Customers", url: "/app/customers" }}
      primaryAction={isMerged ? undefined : { content: "Adjust points", onAction: adjusting.show }}
      secondaryActions={[{ content: "Open in Shopify", url: `https://${domain}/admin/customers/${gidTail(customer.gid)}`, target: "_top" }]}
    >
      <Layout>
        <Layout.Section>
          <BlockStack gap="400">
            {customer.mergedIntoId !== null && (
              <Banner title="Merged into another customer" action={{ content: "Open that customer", url: `/app/customers/${publicId("customer", customer.mergedIntoId)}` }}>
                <Text as="p">What this customer had is there: points, coupons and what they were used for. Below is what happened before.</Text>
              </Banner>
            )}
            <PointsCard />
            {!isMerged && <StandingCard />}
            <CustomerStatement statement={statement} />
          </BlockStack>
        </Layout.Section>
        <Layout.Section variant="oneThird">
          <BlockStack gap="400">
            <FactsCard />
            {!isMerged && <CouponsCard coupons={coupons} />}
          </BlockStack>
        </Layout.Section>
      </Layout>
      <AdjustModal key={adjusting.time} open={adjusting.open} requestKey={`${requestKey}:${adjusting.time}`} spendable={points.spendable} onClose={adjusting.hide} />
    </Page>
  );
}

function PointsCard() {
  const { points, outlook } = useLoaderData<typeof loader>();
  const { pointsName } = useShop();
  const figures = [
    { label: `Balance (${pointsName})`, value: points.balance },
    { label: "Held for coupons", value: points.held },
    { label: "Can be spent", value: points.spendable },
    ...(outlook.pending > 0 ? [{ label: "Pending", value: outlook.pending }] : []),
  ];
  const { nextPending, nextLapse } = outlook;
  return (
    <Card>
      <BlockStack gap="300">
        <InlineGrid columns={{ xs: 2, sm: figures.length }} gap="400">
          {figures.map(({ label, value }) => (
            <BlockStack key={label} gap="050">
              <Text as="span" tone="subdued" variant="bodySm">
                {label}
              </Text>
              <Text as="span" variant="headingLg" numeric>
                {formatCount(value)}
              </Text>
            </BlockStack>
          ))}
        </InlineGrid>
        {nextPending && (
          <Text as="p" tone="subdued">
            {formatCount(nextPending.points)} {pointsName} can be spent from <Time at={nextPending.at} />.
          </Text>
        )}
        {nextLapse && (
          <Text as="p" tone="subdued">
            {formatCount(nextLapse.points)} {pointsName} expire at the end of <Time at={nextLapse.at} day />.
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}

/** Where the customer stands among the tiers; nothing for a shop without any. */
function StandingCard() {
  const { standing } = useLoaderData<typeof loader>();
  const { pointsName } = useShop();
  if (!standing) return null;
  const { tier, next, earnedPoints } = standing;
  return (
    <Card>
      <BlockStack gap="300">
        <InlineStack gap="200" blockAlign="center">
          <Text as="h2" variant="headingSm">
            {tier ? tier.name : "No tier yet"}
          </Text>
          {tier && <Badge tone="success">{multiplierWords(tier.multiplierMilli)}</Badge>}
        </InlineStack>
        {next && <ProgressBar progress={Math.max(0, Math.min(100, (earnedPoints / next.tier.fromPoints) * 100))} size="small" tone="primary" ariaLabelledBy="next-tier" />}
        <Text as="p" tone="subdued" id="next-tier">
          {formatCount(earnedPoints)} {pointsName} earned in the past 12 months
          {next ? `, ${formatCount(next.missingPoints)} more for ${next.tier.name}.` : ": the highest tier."}
        </Text>
      </BlockStack>
    </Card>
  );
}

function FactsCard() {
  const { customer, birthday, mergedIds } = useLoaderData<typeof loader>();
  const changing = useOpening();
  const id = publicId("customer", customer.id);
  return (
    <Card>
      <BlockStack gap="300">
        <BlockStack gap="100">
          <Text as="span" tone="subdued" variant="bodySm">
            Id
          </Text>
          <Copyable text={id} what="Id" />
        </BlockStack>
        <BlockStack gap="100">
          <Text as="span" tone="subdued" variant="bodySm">
            Birthday
          </Text>
          <InlineStack align="space-between" blockAlign="center" gap="200">
            <Text as="span">{birthday ? `${birthday.day} ${MONTH_NAMES[birthday.month - 1]}` : "Not known"}</Text>
            {!customer.erasedAt && customer.mergedIntoId === null && (
              <Button variant="plain" accessibilityLabel="Change birthday" onClick={changing.show}>
                Change
              </Button>
            )}
          </InlineStack>
        </BlockStack>
        {mergedIds.length > 0 && (
          <BlockStack gap="100">
            <Text as="span" tone="subdued" variant="bodySm">
              Merged into this customer
            </Text>
            {mergedIds.map((mergedId) => (
              <Link key={String(mergedId)} url={`/app/customers/${publicId("customer", mergedId)}`} removeUnderline>
                {publicId("customer", mergedId)}
              </Link>
            ))}
          </BlockStack>
        )}
      </BlockStack>
      <BirthdayModal key={changing.time} open={changing.open} url={`/app/customers/${id}/birthday`} birthday={birthday} onClose={changing.hide} />
    </Card>
  );
}

const STATUSES: Record<HeldCouponRow["status"], { text: string; tone?: "info" | "success" | "attention" }> = {
  open: { text: "Not used yet", tone: "info" },
  redeemed: { text: "Redeemed", tone: "success" },
  returning: { text: "Being returned", tone: "attention" },
  returned: { text: "Returned" },
};

function CouponsCard({ coupons }: { coupons: HeldCouponRow[] }) {
  const { pointsName } = useShop();
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Coupons
        </Text>
        {coupons.length === 0 && <Nothing text="This customer has not redeemed an award." />}
        {coupons.map((coupon) => (
          <BlockStack key={String(coupon.issuanceId)} gap="050">
            <InlineStack align="space-between" blockAlign="center" gap="200">
              <Link url={`/app/awards/${awardId(coupon.awardNumber)}`} removeUnderline>
                {coupon.awardName}
              </Link>
              <Badge tone={STATUSES[coupon.status].tone}>{STATUSES[coupon.status].text}</Badge>
            </InlineStack>
            <Copyable text={coupon.code} what="Code" />
            <Text as="span" tone="subdued" variant="bodySm">
              {formatCount(coupon.points)} {pointsName} · <Time at={coupon.issuedAt} />
            </Text>
          </BlockStack>
        ))}
      </BlockStack>
    </Card>
  );
}

function Nothing({ text }: { text: string }) {
  return (
    <Text as="p" tone="subdued">
      {text}
    </Text>
  );
}
