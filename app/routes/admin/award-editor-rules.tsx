import { Banner, BlockStack, Button, Checkbox, ChoiceList, FormLayout, InlineError, InlineStack, Link, List, Select, Tabs, Text, TextField } from "@shopify/polaris";
import { useState } from "react";
import type { AwardDraft } from "../../domain/awards/award";
import type { EditorChoices } from "../../domain/awards/editor-choices.server";
import { limitWarnings, offeredLimits } from "../../domain/awards/limits";
import { LANGUAGE_NAMES, TEXT_LOCALES } from "../../domain/awards/text";
import { ChooseMany } from "../../ui/choose-many";
import { useShop } from "../../ui/shop";
import type { Editing } from "./award-editor";
import { Gate, Section } from "./award-editor-sections";
import { readList, type AwardFields } from "./award-form";

const USE_LIMITS = [
  { side: "code", name: "usesPerCode", label: "Limit uses of each code", unit: "per code" },
  { side: "customer", name: "usesPerCustomer", label: "Limit redemptions per customer", unit: "per customer" },
  { side: "award", name: "usesTotal", label: "Limit how often it can be redeemed in all", unit: "redemptions" },
] as const;

/** A number that counts only while its tick is set. */
function NumberGate({ editing: { fields, set, field }, name, label, unit, helpText }: { editing: Editing; name: NumberName; label: string; unit: string; helpText?: string }) {
  return (
    <Gate label={label} open={fields[`${name}On`]} onChange={(on) => set({ [`${name}On`]: on })} {...(helpText && { helpText })}>
      <div style={{ maxWidth: 260 }}>
        <TextField label={label} labelHidden autoComplete="off" inputMode="numeric" suffix={unit} {...field(name)} />
      </div>
    </Gate>
  );
}
type NumberName = (typeof USE_LIMITS)[number]["name"] | "issuesTotal" | "alertRemaining" | "issuesPerCustomer" | "issueGapDays" | "redeemGapDays" | "maxOrders";

/** How often it can be used, and by whom; what is left open is said. */
export function UseLimitsSection({ editing, draft }: { editing: Editing; draft: AwardDraft }) {
  const { fields, set, problemOf } = editing;
  const offered = new Set(offeredLimits(fields.source, fields.shareable).flat());
  // A limit that is not offered is shown where the award has it.
  const shown = USE_LIMITS.filter(({ side, name }) => offered.has(side) || fields[`${name}On`]);
  const warnings = limitWarnings(draft, fields.source);
  return (
    <Section title="Limits of use">
      <BlockStack gap="200">
        {fields.source !== "third_party" && (
          <Checkbox id="shareable" label="Anyone may use a code" helpText="Once it was given to somebody. Otherwise it is for its owner alone." checked={fields.shareable} error={problemOf("shareable")} onChange={(shareable) => set({ shareable })} />
        )}
        {shown.map(({ name, label, unit }) => (
          <NumberGate key={name} editing={editing} name={name} label={label} unit={unit} />
        ))}
        {!(fields.usesPerCustomerOn && fields.usesPerCustomer.trim() === "1") && <NumberGate editing={editing} name="redeemGapDays" label="Wait between two redemptions of a customer" unit="days" />}
      </BlockStack>
      {warnings.length > 0 && (
        <Banner tone="warning">
          <List>
            {warnings.map(({ side, message }) => (
              <List.Item key={side + message}>{message}</List.Item>
            ))}
          </List>
        </Banner>
      )}
    </Section>
  );
}

/** How many are given out, to whom, and what happens when somebody matches again. */
export function IssueLimitsSection({ editing, choices }: { editing: Editing; choices: EditorChoices }) {
  const { fields, set, problemOf } = editing;
  return (
    <Section title="Giving it out">
      {fields.source !== "third_party" && (
        <BlockStack gap="200">
          <NumberGate editing={editing} name="issuesTotal" label="Limit how many coupons are given out in all" unit="coupons" />
          {fields.issuesTotalOn && <NumberGate editing={editing} name="alertRemaining" label="Tell staff when few remain" unit="remaining" />}
          <NumberGate editing={editing} name="issuesPerCustomer" label="Limit coupons per customer" unit="per customer" />
          {!(fields.issuesPerCustomerOn && fields.issuesPerCustomer.trim() === "1") && <NumberGate editing={editing} name="issueGapDays" label="Wait between two coupons of a customer" unit="days" />}
        </BlockStack>
      )}
      <Checkbox label="Only for customers on a list" helpText="Nobody gets it until you add customers to the award’s list." checked={fields.listed} onChange={(listed) => set({ listed })} />
      {choices.awards.length > 0 && (
        <ChooseMany
          id="excludedAwards"
          label="Not for customers who were given one of these awards in the past 6 months"
          placeholder="Search awards"
          options={choices.awards.map(({ number, name }) => ({ value: String(number), label: name }))}
          chosen={readList(fields.excludedAwards)}
          error={problemOf("excludedAwards")}
          onChange={(chosen) => set({ excludedAwards: JSON.stringify(chosen) })}
        />
      )}
      <Select
        label="When a customer who has one gets it again"
        options={[
          { label: "They get another coupon", value: "another" },
          { label: "They are sent the one they have", value: "existing" },
          { label: "They get none", value: "none" },
        ]}
        value={fields.matchAgain}
        onChange={(matchAgain) => set({ matchAgain: matchAgain as AwardFields["matchAgain"] })}
      />
      <Select
        label="When an order with it is cancelled or refunded"
        options={[
          { label: "The points go back", value: "return_points" },
          { label: "The coupon can be used again", value: "reuse" },
        ]}
        helpText={
          fields.onReversal === "reuse"
            ? "It comes back with the whole order. A refund of a part gives nothing back for it."
            : "A refund of a part gives back the same part of its points."
        }
        value={fields.onReversal}
        onChange={(onReversal) => set({ onReversal: onReversal as AwardFields["onReversal"] })}
      />
    </Section>
  );
}

/** New customers only. */
export function CustomersSection({ editing }: { editing: Editing }) {
  const { fields, set, field } = editing;
  return (
    <Section title="Customers">
      <BlockStack gap="200">
        <Checkbox label="First order only" checked={fields.firstOrderOnly} onChange={(firstOrderOnly) => set({ firstOrderOnly })} />
        {!fields.firstOrderOnly && <NumberGate editing={editing} name="maxOrders" label="Only customers with few orders so far" unit="orders at most" />}
        <Gate label="Registered on a day or later" open={fields.registeredFromOn} onChange={(registeredFromOn) => set({ registeredFromOn })}>
          <TextField label="Registered from" labelHidden type="date" autoComplete="off" {...field("registeredFrom")} />
        </Gate>
        <Gate label="Registered on a day or earlier" open={fields.registeredUntilOn} onChange={(registeredUntilOn) => set({ registeredUntilOn })}>
          <TextField label="Registered until" labelHidden type="date" autoComplete="off" {...field("registeredUntil")} />
        </Gate>
      </BlockStack>
    </Section>
  );
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** On which days and at which hours it can be used. */
export function TimesSection({ editing }: { editing: Editing }) {
  const { fields, set, field, problemOf } = editing;
  const { timeZone } = useShop();
  const weekdays = readList(fields.weekdays);
  const monthDays = readList(fields.monthDays);
  const [open, setOpen] = useState(monthDays.length > 0);
  return (
    <Section title="Days and hours">
      <BlockStack gap="200">
        <Text as="p">{weekdays.length ? "Only on" : "Every day of the week"}</Text>
        <ToggleDays legend="Days of the week" days={WEEKDAYS.map((label, index) => ({ value: String(index + 1), label }))} chosen={weekdays} onChange={(chosen) => set({ weekdays: JSON.stringify(chosen) })} />
        {problemOf("weekdays") && <InlineError message={problemOf("weekdays") ?? ""} fieldID="weekdays" />}
      </BlockStack>
      <Gate
        label="Only on certain days of the month"
        open={open}
        onChange={(chosen) => {
          setOpen(chosen);
          if (!chosen) set({ monthDays: "[]" });
        }}
      >
        <ToggleDays legend="Days of the month" days={Array.from({ length: 31 }, (_, index) => ({ value: String(index + 1), label: String(index + 1) }))} chosen={monthDays} onChange={(chosen) => set({ monthDays: JSON.stringify(chosen) })} />
      </Gate>
      <Gate label="Only at certain hours" open={fields.hasHours} onChange={(hasHours) => set({ hasHours })}>
        <FormLayout>
          <FormLayout.Group condensed>
            <TextField label="From" type="time" autoComplete="off" {...field("fromTime", "fromMinute")} />
            <TextField label="Until" type="time" autoComplete="off" {...field("untilTime", "untilMinute")} helpText="Earlier than the first: over midnight." />
          </FormLayout.Group>
        </FormLayout>
      </Gate>
      <Text as="p" tone="subdued">
        By your store’s clock ({timeZone}).
      </Text>
    </Section>
  );
}

function ToggleDays({ legend, days, chosen, onChange }: { legend: string; days: { value: string; label: string }[]; chosen: string[]; onChange(chosen: string[]): void }) {
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
    onChange(next.sort((a, b) => Number(a) - Number(b)));
  };
  return (
    <div role="group" aria-label={legend}>
      <InlineStack gap="100">
        {days.map(({ value, label }) => (
          <Button key={value} size="slim" pressed={chosen.includes(value)} onClick={() => toggle(value)}>
            {label}
          </Button>
        ))}
      </InlineStack>
    </div>
  );
}

/** Who takes the discount off, and where. */
export function PlacesSection({ editing, choices, isNew }: { editing: Editing; choices: EditorChoices; isNew: boolean }) {
  const { fields, set, problemOf } = editing;
  const forced = fields.kind === "custom" || fields.source === "third_party";
  const isSettled = forced || !isNew;
  const byIntegrator = forced || fields.appliedBy === "integrator";
  const chosen = { locationIds: readList(fields.locationIds), zones: readList(fields.zones), concepts: readList(fields.concepts) };
  const hasPlaces = choices.locations.length > 0 || Object.values(chosen).some((names) => names.length > 0);
  const named = (names: string[]) => names.map((name) => ({ value: name, label: name }));
  return (
    <Section title="Where it works">
      <ChoiceList
        title="Who takes the discount off"
        error={problemOf("appliedBy")}
        choices={[
          { label: "Shopify, at its checkout", value: "shopify", disabled: isSettled },
          // Help of a choice that cannot be made would be too pale to read.
          { label: "Your own till or system, through the API (an integrator)", value: "integrator", disabled: isSettled, ...(!isSettled && { helpText: "It asks us whether a coupon is valid, locks it and burns it. Nothing is put on Shopify." }) },
        ]}
        selected={[byIntegrator ? "integrator" : "shopify"]}
        onChange={([appliedBy]) => appliedBy && set({ appliedBy: appliedBy as AwardFields["appliedBy"] })}
      />
      <Select
        label="Channel"
        options={[
          { label: "Online and in stores", value: "any" },
          { label: "Online only", value: "online" },
          { label: "In stores only", value: "pos" },
        ]}
        value={fields.channel}
        onChange={(channel) => set({ channel: channel as AwardFields["channel"] })}
      />
      {(byIntegrator || hasPlaces) && !hasPlaces && (
        <Text as="p" tone="subdued">
          To choose stores, zones or kinds of store, first <Link url="/app/locations">upload your list of locations</Link>.
        </Text>
      )}
      {(byIntegrator || Object.values(chosen).some((names) => names.length > 0)) && hasPlaces && (
        <BlockStack gap="300">
          <ChooseMany id="locationIds" label="Only at these locations" placeholder="Search locations" helpText="Or paste their ids, with commas between them." options={choices.locations.map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))} chosen={chosen.locationIds} error={problemOf("locationIds")} onChange={(ids) => set({ locationIds: JSON.stringify(ids) })} />
          {(choices.zones.length > 0 || chosen.zones.length > 0) && <ChooseMany id="zones" label="Or in these zones" placeholder="Search zones" options={named(choices.zones)} chosen={chosen.zones} error={problemOf("zones")} onChange={(zones) => set({ zones: JSON.stringify(zones) })} />}
          {(choices.concepts.length > 0 || chosen.concepts.length > 0) && <ChooseMany id="concepts" label="Or at these kinds of store" placeholder="Search kinds of store" options={named(choices.concepts)} chosen={chosen.concepts} error={problemOf("concepts")} onChange={(concepts) => set({ concepts: JSON.stringify(concepts) })} />}
          <Text as="p" tone="subdued">
            <Link url="/app/locations">Upload or look at your locations</Link>
          </Text>
        </BlockStack>
      )}
    </Section>
  );
}

/** Name and conditions in each language. */
export function TextsSection({ editing: { field } }: { editing: Editing }) {
  const [selected, setSelected] = useState(0);
  const locale = TEXT_LOCALES[selected] ?? "en";
  const dir = locale === "ar" ? "rtl" : "ltr";
  return (
    <Section title="What customers read">
      <Tabs tabs={TEXT_LOCALES.map((id) => ({ id: `texts-${id}`, content: LANGUAGE_NAMES[id], panelID: "texts-panel" }))} selected={selected} onSelect={setSelected} />
      <div id="texts-panel" dir={dir}>
        <FormLayout>
          <TextField label={`Name in ${LANGUAGE_NAMES[locale]}`} autoComplete="off" maxLength={120} {...field(`displayName_${locale}`)} />
          <TextField label={`Conditions in ${LANGUAGE_NAMES[locale]}`} autoComplete="off" multiline={3} maxHeight={240} maxLength={5000} {...field(`conditions_${locale}`)} />
        </FormLayout>
      </div>
      <Text as="p" tone="subdued">
        The terms themselves are written for you, in every language. Without a name of their own, customers read the English one, or the award’s.
      </Text>
    </Section>
  );
}
