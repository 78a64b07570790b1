import { SaveBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Button, InlineGrid, List, Page } from "@shopify/polaris";
import { useEffect, useRef, useState } from "react";
import type { Problem } from "../../domain/awards/award";
import type { LockedField } from "../../domain/awards/locked";
import { useLeave } from "../../ui/leave";
import { useShop } from "../../ui/shop";
import { CodesSection } from "./award-editor-codes";
import { BasicsSection, CombinesSection, LimitsSection, MinimumSection, PeriodSection, PriceSection } from "./award-editor-sections";
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
      <InlineGrid columns={{ xs: 1, md: ["twoThirds", "oneThird"] }} gap="400">
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
