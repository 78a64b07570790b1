import { SaveBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Button, Card, Checkbox, ChoiceList, FormLayout, InlineGrid, List, Page, Text, TextField } from "@shopify/polaris";
import { useEffect, useRef, useState } from "react";
import type { Problem } from "../../domain/awards/award";
import type { LockedField } from "../../domain/awards/locked";
import { minorDigits } from "../../lib/money";
import { useLeave } from "../../ui/leave";
import { useShop } from "../../ui/shop";
import { CodesSection } from "./award-editor-codes";
import { readAward, readSource, type AwardFields } from "./award-form";
import { AwardSummary } from "./award-summary";

const SAVE_BAR = "award-save-bar";

/** What a section of the editor is given. */
export interface Editing {
  fields: AwardFields;
  set(change: Partial<AwardFields>): void;
  problemOf(field: string): string | undefined;
  /** The properties of a text field of this name. */
  field(name: TextName, problemField?: string): { id: string; name: string; value: string; onChange(value: string): void; error?: string };
  locked: readonly LockedField[];
}
type TextName = { [K in keyof AwardFields]: AwardFields[K] extends boolean ? never : K }[keyof AwardFields];

interface AwardEditorProps {
  title: string;
  back: { content: string; url: string };
  initial: AwardFields;
  /** A successor starts filled in by its predecessor: it can be saved as it is. */
  startsDirty?: boolean;
  /** Present for an award that exists: its codes come from where they came, and some terms may be locked. */
  existing?: { locked: readonly LockedField[]; successorUrl: string };
  /** What the server found wrong with the last attempt. */
  refused: Problem[];
  busy: boolean;
  onSave(fields: AwardFields, file: File | null): void;
}

/** The award editor: sections, a summary beside them, and the admin's save bar. */
export function AwardEditor({ title, back, initial, startsDirty = false, existing, refused, busy, onSave }: AwardEditorProps) {
  const shop = useShop();
  const shopify = useAppBridge();
  const [fields, setFields] = useState(initial);
  const [file, setFile] = useState<File | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const banner = useRef<HTMLDivElement>(null);
  const { draft, problems: draftProblems } = readAward(fields, shop);
  const dirty = startsDirty || file !== null || JSON.stringify(fields) !== JSON.stringify(initial);
  const leave = useLeave();

  useEffect(() => setProblems(refused), [refused]);
  useEffect(() => {
    if (problems.length) banner.current?.focus();
  }, [problems]);

  const set = (change: Partial<AwardFields>) => {
    setFields((before) => ({ ...before, ...change }));
    const changed = new Set(Object.keys(change).map(problemFieldOf));
    setProblems((before) => (before.some(({ field }) => changed.has(field)) ? before.filter(({ field }) => !changed.has(field)) : before));
  };
  const problemOf = (field: string) => problems.find((problem) => problem.field === field)?.message;
  const editing: Editing = {
    fields,
    set,
    problemOf,
    locked: existing?.locked ?? [],
    field: (name, problemField = name) => ({ id: name, name, value: fields[name], onChange: (value) => set({ [name]: value }), error: problemOf(problemField) }),
  };
  const save = () => {
    const found = [...draftProblems, ...(existing ? [] : readSource(fields).problems)];
    if (!existing && fields.source === "uploaded" && !file) found.push({ field: "codes", message: "Choose a file." });
    setProblems(found);
    if (found.length === 0) onSave(fields, file);
  };
  const discard = () => {
    if (startsDirty) return void leave(back.url, { force: true });
    setFields(initial);
    setFile(null);
    setProblems([]);
    void shopify.saveBar.hide(SAVE_BAR);
  };

  return (
    <Page title={title} backAction={{ content: back.content, onAction: () => void leave(back.url) }}>
      <SaveBar id={SAVE_BAR} open={dirty} discardConfirmation>
        <button type="button" variant="primary" onClick={save} disabled={busy} loading={busy ? "" : undefined} />
        <button type="button" onClick={discard} disabled={busy} />
      </SaveBar>
      <InlineGrid columns={{ xs: 1, lg: ["twoThirds", "oneThird"] }} gap="400">
        <BlockStack gap="400">
          {problems.length > 0 && (
            <div ref={banner} tabIndex={-1} style={{ outline: "none" }}>
              <ProblemBanner problems={problems} />
            </div>
          )}
          {existing && existing.locked.length > 0 && <LockedBanner successorUrl={existing.successorUrl} />}
          <BasicsSection editing={editing} />
          <PriceSection editing={editing} />
          <MinimumSection editing={editing} />
          <PeriodSection editing={editing} />
          <LimitsSection editing={editing} />
          <CombinesSection editing={editing} />
          {!existing && <CodesSection editing={editing} file={file} onFile={setFile} />}
        </BlockStack>
        <div>
          <div style={{ position: "sticky", top: "var(--p-space-400)" }}>
            <AwardSummary draft={draft} problems={draftProblems} source={fields.source} />
          </div>
        </div>
      </InlineGrid>
      <div style={{ height: "var(--p-space-800)" }} />
    </Page>
  );
}

/** The field a problem is shown at, for fields that share one (a date and its time, a tick and its number). */
function problemFieldOf(name: string): string {
  return name.replace(/^starts(Date|Time)$/, "startsAt").replace(/^(hasEnd|ends(Date|Time))$/, "endsAt").replace(/^hasMinimum$/, "minOrderMinor").replace(/^sold$/, "pointsPrice").replace(/^kind$/, "value").replace(/^source$/, "codes").replace(/On$/, "");
}

/** The input to go to for a problem. */
const inputOf = (field: string) => field.replace(/At$/, "Date");

function ProblemBanner({ problems }: { problems: Problem[] }) {
  const title = problems.length === 1 ? "One thing needs to be corrected" : `${problems.length} things need to be corrected`;
  return (
    <Banner tone="critical" title={title}>
      <List>
        {problems.map(({ field, message }) => (
          <List.Item key={field + message}>
            <Button variant="plain" onClick={() => document.getElementById(inputOf(field))?.focus()}>{`${LABELS[field] ?? "Award"}: ${message}`}</Button>
          </List.Item>
        ))}
      </List>
    </Banner>
  );
}

const LABELS: Record<string, string> = {
  name: "Name",
  value: "Value",
  pointsPrice: "Points price",
  minOrderMinor: "Order minimum",
  startsAt: "Start",
  endsAt: "End",
  usesTotal: "Redemptions in all",
  usesPerCustomer: "Redemptions per customer",
  usesPerCode: "Uses of each code",
  issuesTotal: "Coupons in all",
  issuesPerCustomer: "Coupons per customer",
  code: "Code",
  codes: "Codes",
  prefix: "Prefix",
  length: "Random characters",
  stockTarget: "Stock",
};

function LockedBanner({ successorUrl }: { successorUrl: string }) {
  return (
    <Banner tone="info" title="The terms are locked" action={{ content: "Duplicate with changes", url: successorUrl }}>
      <p>Customers already hold coupons of this award, so its kind, value and order minimum stay as they were bought. To offer other terms, make a successor.</p>
    </Banner>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingSm">
          {title}
        </Text>
        {children}
      </BlockStack>
    </Card>
  );
}

function BasicsSection({ editing: { fields, set, field, locked } }: { editing: Editing }) {
  const { currency } = useShop();
  const percentage = fields.kind === "percentage";
  return (
    <Section title="Basics">
      <TextField label="Name" autoComplete="off" maxLength={120} {...field("name")} placeholder="€10 off your next order" helpText="Customers see it in the checkout and on their account." />
      <ChoiceList
        title="Kind"
        choices={[
          { label: "Fixed amount off the order", value: "fixed_amount", disabled: locked.includes("kind") },
          { label: "Percentage off the order", value: "percentage", disabled: locked.includes("kind") },
        ]}
        selected={[fields.kind]}
        onChange={([kind]) => set({ kind: kind === "percentage" ? "percentage" : "fixed_amount" })}
      />
      <TextField
        label="Value"
        autoComplete="off"
        inputMode={percentage || minorDigits(currency) === 0 ? "numeric" : "decimal"}
        disabled={locked.includes("value")}
        {...(percentage ? { suffix: "%" } : { suffix: currency })}
        {...field("value")}
      />
    </Section>
  );
}

function PriceSection({ editing: { fields, set, field } }: { editing: Editing }) {
  const { pointsName } = useShop();
  return (
    <Section title="Points price">
      <ChoiceList
        title="How customers get it"
        titleHidden
        choices={[
          { label: `Sold for ${pointsName}`, value: "sold", renderChildren: (open) => open && <TextField label="Price" labelHidden autoComplete="off" inputMode="numeric" suffix={pointsName} {...field("pointsPrice")} /> },
          { label: `Not sold for ${pointsName}`, value: "given", helpText: "Only given out by you." },
        ]}
        selected={[fields.sold ? "sold" : "given"]}
        onChange={([choice]) => set({ sold: choice === "sold" })}
      />
    </Section>
  );
}

function MinimumSection({ editing: { fields, set, field, locked } }: { editing: Editing }) {
  const { currency } = useShop();
  const disabled = locked.includes("minOrderMinor");
  return (
    <Section title="Order minimum">
      <Checkbox label="Only for orders from a certain amount" checked={fields.hasMinimum} disabled={disabled} onChange={(hasMinimum) => set({ hasMinimum })} />
      {fields.hasMinimum && <TextField label="Minimum order amount" autoComplete="off" inputMode="decimal" suffix={currency} disabled={disabled} {...field("minOrderMinor")} />}
    </Section>
  );
}

function PeriodSection({ editing: { fields, set, field } }: { editing: Editing }) {
  const { timeZone } = useShop();
  return (
    <Section title="Active period">
      <FormLayout>
        <FormLayout.Group condensed>
          <TextField label="Start date" type="date" autoComplete="off" {...field("startsDate", "startsAt")} />
          <TextField label="Start time" type="time" autoComplete="off" {...field("startsTime", "none")} />
        </FormLayout.Group>
        <Checkbox label="It ends" checked={fields.hasEnd} onChange={(hasEnd) => set({ hasEnd })} />
        {fields.hasEnd && (
          <FormLayout.Group condensed>
            <TextField label="End date" type="date" autoComplete="off" {...field("endsDate", "endsAt")} />
            <TextField label="End time" type="time" autoComplete="off" {...field("endsTime", "none")} />
          </FormLayout.Group>
        )}
      </FormLayout>
      <Text as="p" tone="subdued">
        By your store’s clock ({timeZone}).
      </Text>
    </Section>
  );
}

const LIMITS = [
  { name: "usesTotal", label: "Limit how often it can be redeemed in all", unit: "redemptions" },
  { name: "usesPerCustomer", label: "Limit redemptions per customer", unit: "per customer" },
  { name: "usesPerCode", label: "Limit uses of each code", unit: "per code" },
  { name: "issuesTotal", label: "Limit how many coupons are given out in all", unit: "coupons" },
  { name: "issuesPerCustomer", label: "Limit coupons per customer", unit: "per customer" },
] as const;

function LimitsSection({ editing: { fields, set, field } }: { editing: Editing }) {
  return (
    <Section title="Limits">
      <BlockStack gap="200">
        {LIMITS.map(({ name, label, unit }) => (
          <div key={name}>
            <Checkbox label={label} checked={fields[`${name}On`]} onChange={(on) => set({ [`${name}On`]: on })} />
            {fields[`${name}On`] && (
              <div style={{ maxWidth: 280, paddingInlineStart: "var(--p-space-600)" }}>
                <TextField label={label} labelHidden autoComplete="off" inputMode="numeric" suffix={unit} {...field(name)} />
              </div>
            )}
          </div>
        ))}
      </BlockStack>
      {fields.source === "single" && !fields.usesTotalOn && !fields.usesPerCodeOn && (
        <Banner tone="warning">
          <p>Nothing bounds how often the one code is used: whoever learns it can use it. Limit its redemptions in all, or the uses of the code.</p>
        </Banner>
      )}
      {fields.source !== "single" && (
        <Text as="p" tone="subdued">
          {fields.usesPerCodeOn ? "Whoever learns a code can use it as often as this says." : "Each code works once unless you set another limit."}
        </Text>
      )}
    </Section>
  );
}

function CombinesSection({ editing: { fields, set } }: { editing: Editing }) {
  return (
    <Section title="Combines with">
      <BlockStack gap="0">
        <Checkbox label="Product discounts" checked={fields.combinesProduct} onChange={(combinesProduct) => set({ combinesProduct })} />
        <Checkbox label="Order discounts" checked={fields.combinesOrder} onChange={(combinesOrder) => set({ combinesOrder })} helpText="Needed for a customer to use two coupons on one order." />
        <Checkbox label="Shipping discounts" checked={fields.combinesShipping} onChange={(combinesShipping) => set({ combinesShipping })} />
      </BlockStack>
    </Section>
  );
}
