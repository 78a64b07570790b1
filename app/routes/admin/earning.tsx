import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData, useSearchParams } from "@remix-run/react";
import { useAppBridge } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Box, Button, Card, Divider, InlineStack, Page, Text } from "@shopify/polaris";
import { useEffect, useState, type ReactNode } from "react";
import { z } from "zod";
import { listEarnRules, type EarnRuleRow } from "../../domain/points/earn-rules.server";
import { removeEarnRule } from "../../domain/points/remove-earn-rule.server";
import { removeTier } from "../../domain/points/remove-tier.server";
import { saveTier } from "../../domain/points/save-tier.server";
import { TierDraft, type Tier } from "../../domain/points/tier";
import { listTiers } from "../../domain/points/tiers.server";
import { prisma } from "../../lib/db.server";
import { parseId, publicId } from "../../lib/ids";
import { ConfirmModal } from "../../ui/confirm-modal";
import { formatCount, plural } from "../../ui/count";
import { useShop } from "../../ui/shop";
import { CollectionLine } from "./collection-line";
import { openAdmin } from "./door.server";
import { multiplierWords, readMultiplier, readWhole } from "./earning-form";
import { TierModal } from "./tier-modal";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  const [rules, tiers] = await Promise.all([listEarnRules(shop.id), listTiers(prisma, shop.id)]);
  return { rules, tiers };
}

const Form = z.discriminatedUnion("intent", [
  z.object({ intent: z.literal("remove-rule"), id: z.string() }),
  z.object({ intent: z.literal("remove-tier"), id: z.string() }),
  /** Without an id it is a new one. */
  z.object({ intent: z.literal("save-tier"), id: z.string(), name: z.string(), fromPoints: z.string(), multiplier: z.string() }),
]);

/** What is wrong with a tier, at its fields. */
export type TierProblems = Partial<Record<"name" | "fromPoints" | "multiplierMilli", string>>;

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = Form.safeParse(Object.fromEntries(await request.formData()));
  if (!form.success) throw data({ title: "This form cannot be read", message: "Load the page again and try once more." }, { status: 400 });
  switch (form.data.intent) {
    case "remove-rule": {
      await removeEarnRule(shop.id, parseId("earnRule", form.data.id) ?? 0n, now);
      return { said: "Rule deleted", problems: null };
    }
    case "remove-tier": {
      await removeTier(shop.id, parseId("tier", form.data.id) ?? 0n, now);
      return { said: "Tier deleted", problems: null };
    }
    case "save-tier": {
      const { id, name, fromPoints, multiplier } = form.data;
      const draft = TierDraft.safeParse({ name, fromPoints: readWhole(fromPoints), multiplierMilli: readMultiplier(multiplier) });
      if (!draft.success) return refused(Object.fromEntries(draft.error.issues.toReversed().map((issue) => [issue.path.join("."), issue.message])));
      const saving = await saveTier(shop.id, id ? (parseId("tier", id) ?? 0n) : null, draft.data, now);
      return saving.outcome === "saved" ? { said: "Tier saved", problems: null } : refused(TIER_PROBLEMS[saving.outcome]);
    }
    default:
      return form.data satisfies never;
  }
}

const TIER_PROBLEMS: Record<"name_taken" | "points_taken" | "too_many" | "unknown", TierProblems> = {
  name_taken: { name: "Another tier has this name." },
  points_taken: { fromPoints: "Another tier is reached with as many points." },
  too_many: { name: "A store has at most 20 tiers. Change one instead." },
  unknown: { name: "Somebody deleted this tier in the meantime. Close this and add it anew." },
};

function refused(problems: TierProblems) {
  return data({ said: null, problems }, { status: 422 });
}

export default function Earning() {
  useSavedToast();
  return (
    <Page title="Earning" subtitle="Who earns more, and with what" secondaryActions={[{ content: "Rate and gifts", url: "/app/settings" }]}>
      <BlockStack gap="400">
        <RulesCard />
        <TiersCard />
      </BlockStack>
    </Page>
  );
}

/** Says once that the editor saved the rule from which it led here. */
function useSavedToast() {
  const shopify = useAppBridge();
  const [params, setParams] = useSearchParams();
  const saved = params.has("saved");
  useEffect(() => {
    if (!saved) return;
    shopify.toast.show("Rule saved");
    setParams({}, { replace: true });
  }, [saved, setParams, shopify]);
}

/** Says once what came of a form. */
function useSaid(fetcher: ReturnType<typeof useFetcher<typeof action>>) {
  const shopify = useAppBridge();
  const said = fetcher.state === "idle" ? fetcher.data?.said : undefined;
  useEffect(() => {
    if (said) shopify.toast.show(said);
  }, [fetcher.data]); // each answer is told, also when it says the same as the one before
}

function RulesCard() {
  const { rules } = useLoaderData<typeof loader>();
  const fetcher = useFetcher<typeof action>();
  useSaid(fetcher);
  const [leaving, setLeaving] = useState<EarnRuleRow | null>(null);
  return (
    <Card padding="0">
      <CardHead title="Products that earn more, or nothing" text="Everything else earns at the store’s rate. Where several rules match, the highest multiplier counts; one that earns nothing beats them all." action={<Button url="/app/earning/new">Add rule</Button>} />
      {rules.length === 0 && <Nothing text="No rules yet: every product earns the same." />}
      {rules.map((rule) => (
        <div key={String(rule.id)}>
          <Divider />
          <Box padding="400">
            <InlineStack align="space-between" blockAlign="start" gap="300" wrap={false}>
              <BlockStack gap="150">
                <InlineStack gap="200" align="start" blockAlign="center">
                  <Text as="span" fontWeight="semibold" breakWord>
                    {rule.name}
                  </Text>
                  <Badge tone={rule.multiplierMilli === 0 ? "attention" : "success"}>{multiplierWords(rule.multiplierMilli)}</Badge>
                </InlineStack>
                <Text as="p" tone="subdued">
                  {thingsOf(rule)}
                </Text>
                {rule.collections.map((collection) => (
                  <CollectionLine key={collection.gid} collection={collection} />
                ))}
              </BlockStack>
              <InlineStack gap="200" wrap={false}>
                <Button variant="tertiary" accessibilityLabel={`Edit ${rule.name}`} url={`/app/earning/${publicId("earnRule", rule.id)}`}>
                  Edit
                </Button>
                <Button variant="tertiary" tone="critical" accessibilityLabel={`Delete ${rule.name}`} disabled={fetcher.state !== "idle"} onClick={() => setLeaving(rule)}>
                  Delete
                </Button>
              </InlineStack>
            </InlineStack>
          </Box>
        </div>
      ))}
      <ConfirmModal
        open={leaving !== null}
        title={`Delete ${leaving?.name ?? "this rule"}?`}
        message="Orders from now on earn without it. Those before keep what they earned. This cannot be undone."
        action="Delete rule"
        destructive
        onConfirm={() => {
          if (leaving) fetcher.submit({ intent: "remove-rule", id: publicId("earnRule", leaving.id) }, { method: "post" });
          setLeaving(null);
        }}
        onClose={() => setLeaving(null)}
      />
    </Card>
  );
}

function thingsOf({ productGids, variantGids, collectionGids }: EarnRuleRow): string {
  const parts = [productGids.length > 0 && plural(productGids.length, "product"), variantGids.length > 0 && plural(variantGids.length, "variant"), collectionGids.length > 0 && plural(collectionGids.length, "collection")];
  return parts.filter(Boolean).join(", ");
}

function TiersCard() {
  const { tiers } = useLoaderData<typeof loader>();
  const { pointsName } = useShop();
  const fetcher = useFetcher<typeof action>();
  useSaid(fetcher);
  const [editing, setEditing] = useState<Tier | "new" | null>(null);
  const [leaving, setLeaving] = useState<Tier | null>(null);
  return (
    <Card padding="0">
      <CardHead
        title="Tiers"
        text="Whoever earned enough in the past 12 months earns more from the next order on. What staff give or take by hand does not count, what refunds take back is taken off."
        action={<Button onClick={() => setEditing("new")}>Add tier</Button>}
      />
      {tiers.length === 0 && <Nothing text="No tiers yet: every customer earns the same." />}
      {tiers.map((tier) => (
        <div key={String(tier.id)}>
          <Divider />
          <Box padding="400">
            <InlineStack align="space-between" blockAlign="center" gap="300" wrap={false}>
              <BlockStack gap="050">
                <InlineStack gap="200" align="start" blockAlign="center">
                  <Text as="span" fontWeight="semibold" breakWord>
                    {tier.name}
                  </Text>
                  <Badge tone="success">{multiplierWords(tier.multiplierMilli)}</Badge>
                </InlineStack>
                <Text as="p" tone="subdued">
                  From {formatCount(tier.fromPoints)} {pointsName} earned in 12 months
                </Text>
              </BlockStack>
              <InlineStack gap="200" wrap={false}>
                <Button variant="tertiary" accessibilityLabel={`Edit ${tier.name}`} onClick={() => setEditing(tier)}>
                  Edit
                </Button>
                <Button variant="tertiary" tone="critical" accessibilityLabel={`Delete ${tier.name}`} disabled={fetcher.state !== "idle"} onClick={() => setLeaving(tier)}>
                  Delete
                </Button>
              </InlineStack>
            </InlineStack>
          </Box>
        </div>
      ))}
      {/* Made anew for each tier: its fields begin with what is stored. */}
      <TierModal key={editing === null ? "closed" : editing === "new" ? "new" : String(editing.id)} editing={editing} onClose={() => setEditing(null)} />
      <ConfirmModal
        open={leaving !== null}
        title={`Delete ${leaving?.name ?? "this tier"}?`}
        message="Customers who had reached it fall to the tier below. Orders before keep what they earned. This cannot be undone."
        action="Delete tier"
        destructive
        onConfirm={() => {
          if (leaving) fetcher.submit({ intent: "remove-tier", id: publicId("tier", leaving.id) }, { method: "post" });
          setLeaving(null);
        }}
        onClose={() => setLeaving(null)}
      />
    </Card>
  );
}

function CardHead({ title, text, action }: { title: string; text: string; action?: ReactNode }) {
  return (
    <Box padding="400">
      <InlineStack align="space-between" blockAlign="start" gap="300" wrap={false}>
        <BlockStack gap="100">
          <Text as="h2" variant="headingMd">
            {title}
          </Text>
          <Text as="p" tone="subdued">
            {text}
          </Text>
        </BlockStack>
        {action && <div style={{ flexShrink: 0 }}>{action}</div>}
      </InlineStack>
    </Box>
  );
}

function Nothing({ text }: { text: string }) {
  return (
    <>
      <Divider />
      <Box padding="400">
        <Text as="p" alignment="center" tone="subdued">
          {text}
        </Text>
      </Box>
    </>
  );
}
