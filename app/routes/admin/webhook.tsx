import { data, redirect, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Badge, Banner, BlockStack, Button, Card, EmptySearchResult, IndexTable, InlineStack, Page, Tabs, Text, useBreakpoints } from "@shopify/polaris";
import { useEffect, useState, type ReactNode } from "react";
import { z } from "zod";
import { findEndpoint, listDeliveries, type DeliveryRow } from "../../domain/events/queries.server";
import { removeEndpoint } from "../../domain/events/remove-endpoint.server";
import { resendDelivery, resendMissed, type Resending } from "../../domain/events/resend.server";
import { rotateSecret } from "../../domain/events/rotate-secret.server";
import { switchEndpoint } from "../../domain/events/switch-endpoint.server";
import { parseId, publicId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { ConfirmModal } from "../../ui/confirm-modal";
import { formatCount, plural } from "../../ui/count";
import { useCursorPager, useListAddress, useListLoading } from "../../ui/list";
import { SmallRow } from "../../ui/small-row";
import { Time } from "../../ui/time";
import { notFound, openAdmin } from "./door.server";
import { SecretBanner } from "./secret-banner";
import { EndpointBadge } from "./webhooks";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const id = parseId("webhookEndpoint", params.endpointId ?? "") ?? notFound("endpoint");
  const address = new URL(request.url).searchParams;
  const failedOnly = address.get("status") === "failed";
  const endpoint = (await findEndpoint(shop.id, id)) ?? notFound("endpoint");
  const deliveries = await listDeliveries(shop.id, id, { failedOnly, position: readPosition(address, 1) });
  return { endpoint, failedOnly, deliveries: { ...deliveries, rows: deliveries.rows.map((row) => ({ ...row, nextTryAt: nextTryOf(row, endpoint) })) } };
}

/** When a delivery that failed is tried again: not while its endpoint rests. Null: it is not, or was not tried yet. */
function nextTryOf({ status, attempts, nextAttemptAt }: DeliveryRow, { retryAt }: { retryAt: Date | null }): Date | null {
  if (status !== "pending" || attempts === 0) return null;
  return retryAt && retryAt > nextAttemptAt ? retryAt : nextAttemptAt;
}

type ShownDelivery = DeliveryRow & { nextTryAt: Date | null };

const Wish = z.discriminatedUnion("intent", [
  z.object({ intent: z.literal("resend"), id: z.string().transform((id) => parseId("webhookDelivery", id)) }),
  z.object({ intent: z.enum(["resend_missed", "switch_on", "switch_off", "rotate", "remove"]) }),
]);

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const endpointId = parseId("webhookEndpoint", params.endpointId ?? "") ?? notFound("endpoint");
  const wish = Wish.safeParse(Object.fromEntries(await request.formData()));
  if (!wish.success) throw data({ title: "This cannot be done", message: "Load the page again." }, { status: 400 });
  switch (wish.data.intent) {
    case "resend":
      return { said: saidOf(await resendDelivery(shop.id, wish.data.id ?? notFound("delivery"), now)), secret: null };
    case "resend_missed":
      return { said: saidOf(await resendMissed(shop.id, endpointId, now)), secret: null };
    case "switch_on":
    case "switch_off": {
      const isOn = wish.data.intent === "switch_on";
      await switchEndpoint(shop.id, endpointId, isOn ? "on" : "off", now);
      return { said: isOn ? "Switched on" : "Switched off", secret: null };
    }
    case "rotate": {
      const rotating = await rotateSecret(shop.id, endpointId, now);
      return rotating.outcome === "rotated" ? { said: "The secret was replaced", secret: rotating.secret } : notFound("endpoint");
    }
    case "remove":
      await removeEndpoint(shop.id, endpointId);
      return redirect("/app/webhooks");
    default:
      return wish.data satisfies never;
  }
}

function saidOf(resending: Resending): string {
  switch (resending.outcome) {
    case "resent":
      return resending.count === 1 ? "Sending again" : `Sending ${formatCount(resending.count)} again`;
    case "endpoint_off":
      return "Switch the endpoint on first";
    case "unknown":
      return "It is not there any more";
    default:
      return resending satisfies never;
  }
}

type Question = "switch_off" | "rotate" | "remove";

const QUESTIONS: Record<Question, { title: string; message: string; action: string; destructive: boolean }> = {
  switch_off: { title: "Switch this endpoint off?", message: "It hears of nothing until it is switched on again. What it still waits for can be sent again then.", action: "Switch off", destructive: true },
  rotate: { title: "Replace the signing secret?", message: "For 24 hours the old secret signs beside the new one, so that you can change over without missing anything.", action: "Replace", destructive: false },
  remove: { title: "Remove this endpoint?", message: "Its log goes with it. This cannot be undone.", action: "Remove", destructive: true },
};

export default function Webhook() {
  const { endpoint, failedOnly } = useLoaderData<typeof loader>();
  const { change } = useListAddress();
  const { ask, busy, secret, forgetSecret } = useEndpointAction();
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <Page
      title="Endpoint"
      titleMetadata={<EndpointBadge endpoint={endpoint} />}
      backAction={{ content: "Webhooks", url: "/app/webhooks" }}
      secondaryActions={[
        endpoint.disabledAt ? { content: "Switch on", disabled: busy, onAction: () => ask({ intent: "switch_on" }) } : { content: "Switch off", disabled: busy, onAction: () => setQuestion("switch_off") },
        { content: "Replace secret", disabled: busy, onAction: () => setQuestion("rotate") },
        { content: "Remove", destructive: true, disabled: busy, onAction: () => setQuestion("remove") },
      ]}
    >
      <BlockStack gap="400">
        {secret && <SecretBanner secret={secret} onDismiss={forgetSecret} />}
        <StateBanner />
        <Card>
          <BlockStack gap="100">
            <Text as="p" fontWeight="semibold" breakWord>
              {endpoint.url}
            </Text>
            <Text as="p" tone="subdued">
              {endpoint.kinds.length === 0 ? "All events" : endpoint.kinds.join(", ")}
            </Text>
          </BlockStack>
        </Card>
        <Card padding="0">
          <Tabs
            tabs={[{ id: "all", content: "All" }, { id: "failed", content: "Given up" }]}
            selected={failedOnly ? 1 : 0}
            onSelect={(index) => change({ status: index === 1 ? "failed" : null })}
          />
          <DeliveryTable />
        </Card>
      </BlockStack>
      {question && (
        <ConfirmModal
          open
          {...QUESTIONS[question]}
          onClose={() => setQuestion(null)}
          onConfirm={() => {
            ask({ intent: question });
            setQuestion(null);
          }}
        />
      )}
    </Page>
  );
}

function useEndpointAction() {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [secret, setSecret] = useState<string | null>(null);
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer) return;
    shopify.toast.show(answer.said);
    if (answer.secret) setSecret(answer.secret);
  }, [answer, shopify]);
  return { ask: (wish: Record<string, string>) => fetcher.submit(wish, { method: "post" }), busy: fetcher.state !== "idle", secret, forgetSecret: () => setSecret(null) };
}

function StateBanner() {
  const { endpoint } = useLoaderData<typeof loader>();
  const { ask, busy } = useEndpointAction();
  const again = { content: "Send everything again now", loading: busy, onAction: () => ask({ intent: "resend_missed" }) };
  if (endpoint.disabledAt) {
    return (
      <Banner title="This endpoint is off" tone="warning">
        <Text as="p">
          Since <Time at={endpoint.disabledAt} />. Switch it on to go on, then send again what it missed.
        </Text>
      </Banner>
    );
  }
  if (endpoint.failingSince) {
    return (
      <Banner title="This endpoint does not take what is sent" tone="critical" action={again}>
        <Text as="p">
          Since <Time at={endpoint.failingSince} />. {endpoint.retryAt && <>The next try is on <Time at={endpoint.retryAt} />. </>}
          After three days it is switched off.
        </Text>
      </Banner>
    );
  }
  return null;
}

const STATUSES: Record<DeliveryRow["status"], { text: string; tone?: "success" | "critical" | "attention" }> = {
  pending: { text: "Waiting", tone: "attention" },
  delivered: { text: "Delivered", tone: "success" },
  failed: { text: "Given up", tone: "critical" },
};

function DeliveryTable() {
  const { deliveries, endpoint, failedOnly } = useLoaderData<typeof loader>();
  const { ask, busy } = useEndpointAction();
  const canResend = endpoint.disabledAt === null;
  const small = useBreakpoints().smDown;
  const resend = (row: DeliveryRow) =>
    canResend &&
    row.status !== "pending" && (
      <Button size="slim" disabled={busy} accessibilityLabel={`Send ${publicId("event", row.eventId)} again`} onClick={() => ask({ intent: "resend", id: publicId("webhookDelivery", row.id) })}>
        Send again
      </Button>
    );
  return (
    <>
      <IndexTable
        condensed={small}
        selectable={false}
        resourceName={{ singular: "delivery", plural: "deliveries" }}
        itemCount={deliveries.rows.length}
        loading={useListLoading()}
        headings={[{ title: "Event" }, { title: "When" }, { title: "Status" }, { title: "Tries", alignment: "end" }, { title: "Answer" }, { title: "Action", hidden: true }]}
        emptyState={<EmptySearchResult title={failedOnly ? "Nothing was given up" : "Nothing was sent yet"} description={failedOnly ? "What could not be delivered shows up here." : "The next event shows up here."} />}
        pagination={useCursorPager(deliveries)}
      >
        {deliveries.rows.map((row, index) => (
          <IndexTable.Row key={String(row.id)} id={String(row.id)} position={index}>
            {small ? <SmallDelivery row={row} action={resend(row)} /> : <WideDelivery row={row} action={resend(row)} />}
          </IndexTable.Row>
        ))}
      </IndexTable>
      {failedOnly && canResend && deliveries.rows.length > 0 && (
        <div style={{ padding: "var(--p-space-400)" }}>
          <Button loading={busy} onClick={() => ask({ intent: "resend_missed" })}>
            Send all of them again
          </Button>
        </div>
      )}
    </>
  );
}

interface DeliveryProps {
  row: ShownDelivery;
  action: ReactNode;
}

function WideDelivery({ row, action }: DeliveryProps) {
  return (
    <>
      <IndexTable.Cell>
        <DeliveredEvent row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Time at={row.occurredAt} />
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Badge tone={STATUSES[row.status].tone}>{STATUSES[row.status].text}</Badge>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <Text as="p" alignment="end" numeric>
          {row.attempts}
        </Text>
      </IndexTable.Cell>
      <IndexTable.Cell>
        <AnswerText row={row} />
      </IndexTable.Cell>
      <IndexTable.Cell>{action}</IndexTable.Cell>
    </>
  );
}

function SmallDelivery({ row, action }: DeliveryProps) {
  return (
    <SmallRow>
      <InlineStack align="space-between" blockAlign="start" gap="200">
        <DeliveredEvent row={row} />
        <Badge tone={STATUSES[row.status].tone}>{STATUSES[row.status].text}</Badge>
      </InlineStack>
      <Text as="p" tone="subdued">
        <Time at={row.occurredAt} /> · {plural(row.attempts, "try", "tries")}
      </Text>
      <AnswerText row={row} />
      {action && <div>{action}</div>}
    </SmallRow>
  );
}

function DeliveredEvent({ row }: { row: DeliveryRow }) {
  return (
    <BlockStack gap="050">
      <Text as="span" fontWeight="semibold">
        {row.kind}
      </Text>
      <Text as="span" tone="subdued" variant="bodySm">
        {`No. ${formatCount(row.seq)}, ${publicId("event", row.eventId)}`}
      </Text>
    </BlockStack>
  );
}

function AnswerText({ row }: { row: ShownDelivery }) {
  const words = row.problem ?? [row.httpStatus, row.answer].filter(Boolean).join(" ");
  return (
    <div style={{ minWidth: 140, maxWidth: 320, whiteSpace: "normal" }}>
      <Text as="span" breakWord>
        {words || (row.attempts === 0 ? "Not tried yet" : "")}
      </Text>
      {row.nextTryAt && (
        <Text as="p" tone="subdued" variant="bodySm">
          Next try <Time at={row.nextTryAt} />
        </Text>
      )}
    </div>
  );
}
