import { data, redirect, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation, useSubmit } from "@remix-run/react";
import { SaveBar } from "@shopify/app-bridge-react";
import { BlockStack, Box, Card, ChoiceList, InlineError, Page, Text, TextField } from "@shopify/polaris";
import { useEffect, useState } from "react";
import { EARN_RULE_LIMIT, EarnRuleDraft } from "../../domain/points/earn-rule";
import { findEarnRule } from "../../domain/points/earn-rules.server";
import { saveEarnRule, type SaveEarnRule } from "../../domain/points/save-earn-rule.server";
import { parseId, publicId } from "../../lib/ids";
import { useLeave } from "../../ui/leave";
import { readPicks, type Pick } from "./award-form";
import { CollectionLine } from "./collection-line";
import { notFound, openAdmin } from "./door.server";
import { multiplierText, readMultiplier } from "./earning-form";
import { PickThings } from "./pick-things";
import { thingTitles } from "./titles.server";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

const SAVE_BAR = "earn-rule-save-bar";

export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  if (params.ruleId === "new") return { rule: null, picks: { products: [], variants: [], collections: [] } };
  const rule = await findEarnRule(shop.id, parseId("earnRule", params.ruleId ?? "") ?? 0n);
  if (!rule) notFound("rule");
  const titles = await thingTitles(shop.domain, [...rule.productGids, ...rule.variantGids, ...rule.collectionGids]);
  const read = new Map(rule.collections.map(({ gid, title }) => [gid, title]));
  const picks = (gids: string[]): Pick[] => gids.map((gid) => ({ gid, title: titles.get(gid) || read.get(gid) || "Deleted, or not known to Shopify now" }));
  return { rule, picks: { products: picks(rule.productGids), variants: picks(rule.variantGids), collections: picks(rule.collectionGids) } };
}

export async function action({ request, params }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await request.formData();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  const gids = (name: string) => readPicks(text(name)).map(({ gid }) => gid);
  const multiplierMilli = text("kind") === "nothing" ? 0 : readMultiplier(text("multiplier"));
  const draft = EarnRuleDraft.safeParse({ name: text("name"), multiplierMilli, productGids: gids("products"), variantGids: gids("variants"), collectionGids: gids("collections") });
  if (!draft.success) return refused(Object.fromEntries(draft.error.issues.toReversed().map((issue) => [String(issue.path[0]), issue.message])));
  const saving = await saveEarnRule(shop.id, params.ruleId === "new" ? null : (parseId("earnRule", params.ruleId ?? "") ?? 0n), draft.data, now);
  return saving.outcome === "saved" ? redirect("/app/earning?saved") : refused(problemOf(saving));
}

function refused(problems: Partial<Record<string, string>>) {
  return data({ problems }, { status: 422 });
}

function problemOf(saving: Exclude<SaveEarnRule, { outcome: "saved" }>): Partial<Record<string, string>> {
  switch (saving.outcome) {
    case "name_taken":
      return { name: "Another rule has this name." };
    case "too_many":
      return { name: `A store has at most ${EARN_RULE_LIMIT} rules. Add to one of them, or delete one.` };
    case "unknown":
      return notFound("rule");
    default:
      return saving satisfies never;
  }
}

interface Fields {
  name: string;
  kind: "times" | "nothing";
  multiplier: string;
  products: Pick[];
  variants: Pick[];
  collections: Pick[];
}

/** Each field's problem, as the schema names it; in the order of the form. */
const PROBLEM_OF: Record<keyof Fields, string> = { name: "name", kind: "multiplierMilli", multiplier: "multiplierMilli", products: "productGids", variants: "variantGids", collections: "collectionGids" };

export default function EditEarnRule() {
  const { rule, picks } = useLoaderData<typeof loader>();
  const stored: Fields = {
    name: rule?.name ?? "", kind: rule?.multiplierMilli === 0 ? "nothing" : "times", multiplier: rule && rule.multiplierMilli > 0 ? multiplierText(rule.multiplierMilli) : "2", ...picks,
  };
  return <Editor key={rule ? publicId("earnRule", rule.id) : "new"} stored={stored} />;
}

function Editor({ stored }: { stored: Fields }) {
  const { rule } = useLoaderData<typeof loader>();
  const { fields, problems, set, dirty, busy, save, discard } = useRuleForm(stored);
  const leave = useLeave();
  const pick = (name: "products" | "variants" | "collections", label: string, type: "product" | "variant" | "collection") => (
    <PickThings id={name} label={label} type={type} picks={fields[name]} multiple disabled={busy} error={problems[PROBLEM_OF[name]]} onChange={(chosen) => set({ [name]: chosen })} />
  );
  return (
    <Page title={rule ? rule.name : "Add rule"} backAction={{ content: "Earning", onAction: () => void leave("/app/earning") }}>
      <SaveBar id={SAVE_BAR} open={dirty} discardConfirmation>
        <button type="button" variant="primary" onClick={save} disabled={busy} loading={busy ? "" : undefined} />
        <button type="button" onClick={discard} disabled={busy} />
      </SaveBar>
      <BlockStack gap="400">
        <Card>
          <BlockStack gap="400">
            <TextField id="name" label="Name" autoComplete="off" maxLength={60} placeholder="Double points on beans" value={fields.name} onChange={(name) => set({ name })} error={problems.name} helpText="Only staff see it." />
            <ChoiceList
              title="These products earn"
              choices={[
                {
                  label: "More, or less",
                  value: "times",
                  renderChildren: (chosen) =>
                    chosen && (
                      <Box maxWidth="260px">
                        <TextField id="multiplier" label="Multiplier" labelHidden autoComplete="off" inputMode="decimal" suffix="times as much" value={fields.multiplier} onChange={(multiplier) => set({ multiplier })} error={problems.multiplierMilli} />
                      </Box>
                    ),
                },
                { label: "Nothing", value: "nothing", helpText: "Whatever other rules say." },
              ]}
              selected={[fields.kind]}
              onChange={([kind]) => set({ kind: kind === "nothing" ? "nothing" : "times" })}
            />
          </BlockStack>
        </Card>
        <Card>
          <BlockStack gap="400">
            <Text as="h2" variant="headingMd">
              Products
            </Text>
            {problems.things && <InlineError message={problems.things} fieldID="products" />}
            {pick("products", "Products", "product")}
            {pick("variants", "Variants", "variant")}
            {pick("collections", "Collections", "collection")}
            {rule && rule.collections.length > 0 && (
              <BlockStack gap="150">
                {rule.collections.map((collection) => (
                  <CollectionLine key={collection.gid} collection={collection} />
                ))}
              </BlockStack>
            )}
            <Text as="p" tone="subdued">
              A collection’s products are read from Shopify when the rule is saved, whenever the collection changes, and every hour.
            </Text>
          </BlockStack>
        </Card>
      </BlockStack>
      <div style={{ height: "var(--p-space-800)" }} />
    </Page>
  );
}

/** The id of the uppermost field with a problem: staff are led there. Things as a whole are chosen with the first button. */
function firstWrong(problems: Partial<Record<string, string>>): string | undefined {
  const named = Object.entries(PROBLEM_OF).find(([field, problem]) => field !== "kind" && problems[problem]);
  return named?.[0] ?? (problems.things ? "products" : undefined);
}

function useRuleForm(stored: Fields) {
  const result = useActionData<typeof action>();
  const submit = useSubmit();
  const busy = useNavigation().state !== "idle";
  const [fields, setFields] = useState(stored);
  const [problems, setProblems] = useState<Partial<Record<string, string>>>({});
  useEffect(() => {
    if (!result) return;
    setProblems(result.problems);
    document.getElementById(firstWrong(result.problems) ?? "")?.focus();
  }, [result]);
  return {
    fields,
    problems,
    set(change: Partial<Fields>) {
      setFields((before) => ({ ...before, ...change }));
      const mended = [...(Object.keys(change) as (keyof Fields)[]).map((name) => PROBLEM_OF[name]), "things"];
      setProblems((before) => ({ ...before, ...Object.fromEntries(mended.map((name) => [name, undefined])) }));
    },
    dirty: JSON.stringify(fields) !== JSON.stringify(stored),
    busy,
    save: () => {
      const { products, variants, collections, ...texts } = fields;
      submit({ ...texts, products: JSON.stringify(products), variants: JSON.stringify(variants), collections: JSON.stringify(collections) }, { method: "post" });
    },
    discard: () => {
      setFields(stored);
      setProblems({});
    },
  };
}
