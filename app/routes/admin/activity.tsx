import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Box, Card, Page, Select, Tabs, useBreakpoints } from "@shopify/polaris";
import { z } from "zod";
import { retryFailed } from "../../domain/changes/retry-failed.server";
import { retryChange } from "../../domain/changes/retry.server";
import { demandReconciliation } from "../../domain/drift/demand.server";
import { DRIFT_ACTIONS } from "../../domain/drift/drift";
import { isLookUnderWay, listDrift, readLastLooks } from "../../domain/drift/queries.server";
import { settleDrift } from "../../domain/drift/settle.server";
import { listLedgerChecks } from "../../domain/points/check-ledgers.server";
import { HEALTH_BOUND, readHealth, type Health } from "../../domain/reports/health.server";
import { listPrivacyRequests } from "../../domain/reports/privacy.server";
import { listChanges, listEvents } from "../../domain/reports/queries.server";
import { replayEvent, replayFailed } from "../../inbox/replay.server";
import { parseId } from "../../lib/ids";
import { readPosition } from "../../lib/page";
import { formatBounded, plural } from "../../ui/count";
import { useFresh } from "../../ui/fresh";
import { useListAddress } from "../../ui/list";
import { ChangeTable } from "./activity-changes";
import { Checks } from "./activity-checks";
import { DifferenceTable } from "./activity-differences";
import { EventTable } from "./activity-events";
import { PrivacyTable } from "./activity-privacy";
import { openAdmin } from "./door.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

const VIEWS = ["failed", "pending", "events", "failed-events", "differences", "settled", "checks", "privacy"] as const;
const View = z.enum(VIEWS).catch("failed");
const CHECKS_SHOWN = 7;

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const params = new URL(request.url).searchParams;
  const view = View.parse(params.get("view"));
  const [health, shown] = await Promise.all([readHealth(shop), readView(view, shop, params)]);
  return { health, bound: HEALTH_BOUND, shown };
}

async function readView(view: (typeof VIEWS)[number], shop: { id: number; domain: string }, params: URLSearchParams) {
  const position = readPosition(params, 1);
  switch (view) {
    case "failed":
    case "pending":
      return { view, ...(await listChanges(shop.id, view, position)) };
    case "events":
    case "failed-events":
      return { view, ...(await listEvents(shop.domain, view === "failed-events", position)) };
    case "differences":
    case "settled":
      return { view, look: await readLook(shop.id), ...(await listDrift(shop.id, view === "differences" ? "waiting" : "ended", position)) };
    case "checks":
      return { view, look: await readLook(shop.id), ledgerChecks: await listLedgerChecks(shop.id, CHECKS_SHOWN) };
    case "privacy":
      return { view, ...(await listPrivacyRequests(shop.id, position)) };
    default:
      return view satisfies never;
  }
}

async function readLook(shopId: number) {
  const [underWay, last] = await Promise.all([isLookUnderWay(shopId), readLastLooks(shopId)]);
  return { underWay, last };
}

const idOf = (kind: Parameters<typeof parseId>[0]) => z.string().transform((id) => parseId(kind, id)).pipe(z.bigint());
const Asked = z.discriminatedUnion("intent", [
  z.object({ intent: z.literal("retry"), id: idOf("change") }),
  z.object({ intent: z.literal("replay"), id: idOf("inboxEvent") }),
  z.object({ intent: z.enum(["retry-all", "replay-all", "look"]) }),
  z.object({ intent: z.enum(DRIFT_ACTIONS), id: idOf("drift") }),
]);

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const asked = Asked.safeParse(Object.fromEntries(await request.formData()));
  if (!asked.success) throw data({ title: "This cannot be done", message: "Load the page again." }, { status: 400 });
  return { said: await answer(asked.data, shop, now) };
}

const OVER = "It is not waiting for this any more";

/** Does what staff pressed; what the page says of it. */
async function answer(asked: z.infer<typeof Asked>, shop: { id: number; domain: string }, now: Date): Promise<string> {
  switch (asked.intent) {
    case "retry":
      return (await retryChange(shop.id, asked.id, now)).outcome === "retried" ? "Trying again" : OVER;
    case "replay":
      return (await replayEvent(shop.domain, asked.id)).outcome === "replayed" ? "Trying again" : OVER;
    case "retry-all":
      return `Trying ${plural(await retryFailed(shop.id, now), "change")} again`;
    case "replay-all":
      return `Trying ${plural(await replayFailed(shop.domain), "webhook")} again`;
    case "look":
      await demandReconciliation(shop.id);
      return "Looking: the result is here in a moment";
    case "restore":
    case "deactivate_award":
    case "remove_code":
    case "give_back":
    case "leave": {
      const { outcome } = await settleDrift(shop.id, asked.id, asked.intent, now);
      return outcome === "settled" ? "Settled" : outcome === "locked" ? "A till has the coupon locked: try again once that is over" : OVER;
    }
    default:
      return asked satisfies never;
  }
}

/** The tabs, each with its first view; a tab's other views are behind a switch in it. */
const TABS = [
  { id: "failed", title: "Failed", count: (health: Health) => health.failedChanges, views: ["failed"] },
  { id: "pending", title: "On the way to Shopify", count: (health: Health) => health.pendingChanges, views: ["pending"] },
  { id: "events", title: "Webhooks", count: (health: Health) => health.failedEvents, views: ["events", "failed-events"] },
  { id: "differences", title: "Differences", count: (health: Health) => health.differences, views: ["differences", "settled"] },
  { id: "checks", title: "Checks", count: (health: Health) => health.brokenLedgers, views: ["checks"] },
  { id: "privacy", title: "Privacy", count: (health: Health) => health.privacyRequests, views: ["privacy"] },
] as const;

export default function Activity() {
  const { health, bound, shown } = useLoaderData<typeof loader>();
  const { change } = useListAddress();
  const small = useBreakpoints().smDown;
  useFresh(shown.look?.underWay ?? false);
  const tabs = TABS.map(({ id, title, count }) => ({ id, content: count(health) > 0 ? `${title} (${formatBounded(count(health), bound)})` : title }));
  const selected = TABS.findIndex(({ views }) => views.some((view) => view === shown.view));
  const select = (index: number) => change({ view: TABS[index]?.views[0] ?? null });
  return (
    <Page title="Activity" subtitle="What the app and Shopify tell each other" fullWidth>
      <Card padding="0">
        {small ? (
          // On a phone Tabs hides all but the first ones, even the one that is shown.
          <Box padding="300" borderBlockEndWidth="025" borderColor="border">
            <Select label="Show" labelInline options={tabs.map(({ content }, index) => ({ label: content, value: String(index) }))} value={String(selected)} onChange={(index) => select(Number(index))} />
          </Box>
        ) : (
          <Tabs tabs={tabs} selected={selected} onSelect={select} />
        )}
        <Shown />
      </Card>
    </Page>
  );
}

function Shown() {
  const { health, shown } = useLoaderData<typeof loader>();
  switch (shown.view) {
    case "failed":
    case "pending":
      return <ChangeTable {...shown} failedCount={health.failedChanges} />;
    case "events":
    case "failed-events":
      return <EventTable {...shown} failedCount={health.failedEvents} />;
    case "differences":
    case "settled":
      return <DifferenceTable {...shown} />;
    case "checks":
      return <Checks {...shown} />;
    case "privacy":
      return <PrivacyTable {...shown} />;
    default:
      return shown satisfies never;
  }
}
