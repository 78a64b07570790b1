import { SaveBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Button, Card, Checkbox, InlineGrid, List, Page } from "@shopify/polaris";
import { useEffect, useRef, useState } from "react";
import type { Problem } from "../../domain/awards/award";
import type { EditorChoices } from "../../domain/awards/editor-choices.server";
import type { LockedField } from "../../domain/awards/locked";
import { useLeave } from "../../ui/leave";
import { useShop } from "../../ui/shop";
import { CodesSection } from "./award-editor-codes";
import { CustomersSection, IssueLimitsSection, PlacesSection, TextsSection, TimesSection, UseLimitsSection } from "./award-editor-rules";
import { BasicsSection, CombinesSection, DurationSection, ExpirySection, OrderSection, PeriodSection, PriceSection, ScopeSection } from "./award-editor-sections";
import { inFormOrder, toldAtTop } from "./award-field-labels";
import type { AwardFields } from "./award-form";
import { readAward, readSource } from "./award-form-read";
import { AwardSummary } from "./award-summary";

const SAVE_BAR = "award-save-bar";

/** What a section of the editor is given. */
export interface Editing {
  fields: AwardFields;
  set(change: Partial<AwardFields>): void;
  problemOf(field: string): string | undefined;
  /** The properties of a text field of this name. */
  field(name: TextName, problemField?: string): { id: string; name: string; value: string; onChange(value: string): void; error?: string };
  /** Whether a term can no longer be changed. */
  isLocked(field: LockedField): boolean;
}
type TextName = { [K in keyof AwardFields]: AwardFields[K] extends boolean ? never : K }[keyof AwardFields];

interface AwardEditorProps {
  title: string;
  back: { content: string; url: string };
  initial: AwardFields;
  choices: EditorChoices;
  /** The award that this one succeeds. */
  predecessor?: { name: string };
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
export function AwardEditor({ title, back, initial, choices, predecessor, startsDirty = false, existing, refused, busy, onSave }: AwardEditorProps) {
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
    isLocked: (field) => existing?.locked.includes(field) ?? false,
    field: (name, problemField = name) => ({ id: name, name, value: fields[name], onChange: (value) => set({ [name]: value }), error: problemOf(problemField) }),
  };
  const save = () => {
    const found = [...draftProblems, ...(existing ? [] : readSource(fields).problems)];
    if (!existing && (fields.source === "uploaded" || (fields.source === "third_party" && !fields.codes.trim())) && !file) found.push({ field: "codes", message: "Choose a file." });
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
      <InlineGrid columns={{ xs: 1, md: ["twoThirds", "oneThird"] }} gap="400">
        <BlockStack gap="400">
          {problems.length > 0 && (
            <div ref={banner} tabIndex={-1} style={{ outline: "none" }}>
              <ProblemBanner problems={problems} />
            </div>
          )}
          {existing && existing.locked.length > 0 && <LockedBanner successorUrl={existing.successorUrl} />}
          {predecessor && (
            <Card>
              <Checkbox label={`Archive “${predecessor.name}” when this is saved`} helpText="Its coupons then no longer work. Left as it is, customers keep what they bought." checked={fields.archivePredecessor} onChange={(archivePredecessor) => set({ archivePredecessor })} />
            </Card>
          )}
          <BasicsSection editing={editing} />
          <PriceSection editing={editing} />
          <ScopeSection editing={editing} />
          <OrderSection editing={editing} />
          <PeriodSection editing={editing} />
          <ExpirySection editing={editing} />
          <DurationSection editing={editing} />
          <CombinesSection editing={editing} />
          <TextsSection editing={editing} />
          {!existing && <CodesSection editing={editing} file={file} onFile={setFile} />}
          <IssueLimitsSection editing={editing} choices={choices} />
          <UseLimitsSection editing={editing} draft={draft} />
          <TimesSection editing={editing} />
          <CustomersSection editing={editing} />
          <PlacesSection editing={editing} choices={choices} isNew={!existing} />
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

/** The field a problem is shown at, for inputs that share one (a date and its time, a tick and its number). */
const PROBLEM_FIELDS: Partial<Record<string, string>> = {
  startsDate: "startsAt", startsTime: "startsAt", hasEnd: "endsAt", endsDate: "endsAt", endsTime: "endsAt", hasRedeemableFrom: "redeemableFrom",
  redeemableDate: "redeemableFrom", redeemableTime: "redeemableFrom", expiresDate: "expiresOn", hasMinimum: "minOrderMinor", hasMaximum: "maxOrderMinor",
  hasCap: "capMinor", sold: "pointsPrice", kind: "value", variable: "value", gift: "giftVariantGid", products: "productGids", variants: "variantGids",
  collections: "collectionGids", fromTime: "fromMinute", untilTime: "untilMinute", hasHours: "fromMinute", source: "codes", channel: "channels",
};
const problemFieldOf = (name: string) => PROBLEM_FIELDS[name] ?? name.replace(/On$/, "");

/** The input to go to for a problem. */
const INPUTS: Partial<Record<string, string>> = {
  startsAt: "startsDate", endsAt: "endsDate", redeemableFrom: "redeemableDate", expiresOn: "expiresDate", fromMinute: "fromTime", untilMinute: "untilTime",
};
const inputOf = (field: string) => INPUTS[field] ?? field;

function ProblemBanner({ problems }: { problems: Problem[] }) {
  const title = problems.length === 1 ? "One thing needs to be corrected" : `${problems.length} things need to be corrected`;
  return (
    <Banner tone="critical" title={title}>
      <List>
        {inFormOrder(problems).map((problem) => (
          <List.Item key={problem.field + problem.message}>
            <Button variant="plain" textAlign="start" onClick={() => document.getElementById(inputOf(problem.field))?.focus()}>{toldAtTop(problem)}</Button>
          </List.Item>
        ))}
      </List>
    </Banner>
  );
}

function LockedBanner({ successorUrl }: { successorUrl: string }) {
  return (
    <Banner tone="info" title="The terms are locked" action={{ content: "Duplicate with changes", url: successorUrl }}>
      <p>Customers already hold coupons of this award, so its worth, what it is for, its order amounts and its duration stay as they were bought. To offer other terms, make a successor.</p>
    </Banner>
  );
}
