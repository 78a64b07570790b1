import { BlockStack, Box, Card, Checkbox, ChoiceList, FormLayout, Select, Text, TextField } from "@shopify/polaris";
import type { ReactNode } from "react";
import { minorDigits } from "../../lib/money";
import { useShop } from "../../ui/shop";
import type { Editing } from "./award-editor";
import { readPicks, type AwardFields } from "./award-form";
import { PickThings } from "./pick-things";

export function Section({ title, children }: { title: string; children: ReactNode }) {
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

interface GateProps {
  label: string;
  open: boolean;
  onChange(open: boolean): void;
  disabled?: boolean;
  helpText?: string;
  children: ReactNode;
}

/** A tick, and what counts only while it is set. */
export function Gate({ label, open, onChange, disabled = false, helpText, children }: GateProps) {
  return (
    <div>
      <Checkbox label={label} checked={open} disabled={disabled} onChange={onChange} {...(helpText && { helpText })} />
      {open && <Box paddingInlineStart="600">{children}</Box>}
    </div>
  );
}

/** The currency that the award's amounts are in. */
export function useAwardCurrency(fields: AwardFields): string {
  const { currency } = useShop();
  const named = fields.currency.trim().toUpperCase();
  return /^[A-Z]{3}$/.test(named) ? named : currency;
}

const KINDS: { label: string; value: AwardFields["kind"]; helpText?: string }[] = [
  { label: "Fixed amount", value: "fixed_amount" },
  { label: "Percentage", value: "percentage" },
  { label: "Free shipping", value: "free_shipping" },
  { label: "Free product", value: "free_product", helpText: "One unit of one variant." },
  { label: "Custom", value: "custom", helpText: "You apply it yourself: we issue the coupon and record its use." },
];

/** What it is called and what it is worth. */
export function BasicsSection({ editing }: { editing: Editing }) {
  const { fields, set, field, isLocked } = editing;
  return (
    <Section title="Basics">
      <TextField label="Name" autoComplete="off" maxLength={120} {...field("name")} placeholder="A treat for regulars" helpText="Customers see it in the checkout and on their account, unless you write a name in their language below." />
      <ChoiceList
        title="Kind"
        choices={KINDS.map(({ helpText, ...choice }) => ({ ...choice, disabled: isLocked("kind"), ...(helpText && !isLocked("kind") && { helpText }) }))}
        selected={[fields.kind]}
        onChange={([kind]) => kind && set({ kind: kind as AwardFields["kind"] })}
      />
      {fields.kind === "fixed_amount" && <Amount editing={editing} />}
      {fields.kind === "percentage" && <Percentage editing={editing} />}
      {fields.kind === "free_product" && (
        <PickThings
          id="giftVariantGid"
          label="Product that is free"
          type="variant"
          multiple={false}
          picks={readPicks(fields.gift)}
          disabled={isLocked("giftVariantGid")}
          error={editing.problemOf("giftVariantGid")}
          onChange={(picks) => set({ gift: JSON.stringify(picks) })}
        />
      )}
    </Section>
  );
}

function Amount({ editing: { fields, set, field, isLocked } }: { editing: Editing }) {
  const { currency, pointsName } = useShop();
  const named = useAwardCurrency(fields);
  const inputMode = minorDigits(named) === 0 ? "numeric" : "decimal";
  const steps = isLocked("value");
  return (
    <BlockStack gap="300">
      <ChoiceList
        title="Who decides the amount"
        choices={[
          { label: "The award: everybody gets the same", value: "same", disabled: steps },
          { label: `The customer: the more ${pointsName}, the more off`, value: "chosen", disabled: steps },
        ]}
        selected={[fields.variable ? "chosen" : "same"]}
        onChange={([choice]) => set({ variable: choice === "chosen" })}
      />
      {fields.variable ? (
        <FormLayout>
          <FormLayout.Group condensed>
            <TextField label="From" autoComplete="off" inputMode="numeric" suffix={pointsName} disabled={steps} {...field("minPoints")} />
            <TextField label="To" autoComplete="off" inputMode="numeric" suffix={pointsName} disabled={steps} {...field("maxPoints")} />
          </FormLayout.Group>
          <FormLayout.Group condensed>
            <TextField label="In steps of" autoComplete="off" inputMode="numeric" suffix={pointsName} disabled={steps} {...field("stepPoints")} />
            <TextField label="Each step is worth" autoComplete="off" inputMode={inputMode} suffix={named} disabled={steps} {...field("stepMinor")} />
          </FormLayout.Group>
        </FormLayout>
      ) : (
        <TextField label="Value" autoComplete="off" inputMode={inputMode} suffix={named} disabled={steps} {...field("value")} />
      )}
      <TextField label="Currency" autoComplete="off" maxLength={3} placeholder={currency} disabled={isLocked("currency")} {...field("currency")} helpText={`Blank for your store’s currency, ${currency}. Orders in another currency do not get an award that names one.`} />
    </BlockStack>
  );
}

function Percentage({ editing: { fields, set, field, isLocked } }: { editing: Editing }) {
  const currency = useAwardCurrency(fields);
  return (
    <BlockStack gap="300">
      <TextField label="Value" autoComplete="off" inputMode="numeric" suffix="%" disabled={isLocked("value")} {...field("value")} />
      <Gate label="Limit how much comes off" open={fields.hasCap} disabled={isLocked("capMinor")} onChange={(hasCap) => set({ hasCap })}>
        <TextField label="Maximum amount" autoComplete="off" inputMode="decimal" suffix={currency} disabled={isLocked("capMinor")} {...field("capMinor")} />
      </Gate>
    </BlockStack>
  );
}

/** What it costs in points, if it is sold for them. */
export function PriceSection({ editing: { fields, set, field } }: { editing: Editing }) {
  const { pointsName } = useShop();
  if (fields.kind === "fixed_amount" && fields.variable) return null;
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

const SCOPES = [
  { name: "products", field: "productGids", label: "Products", type: "product" },
  { name: "variants", field: "variantGids", label: "Variants", type: "variant" },
  { name: "collections", field: "collectionGids", label: "Collections", type: "collection" },
] as const;

/** Which products it is for. */
export function ScopeSection({ editing: { fields, set, problemOf, isLocked } }: { editing: Editing }) {
  const count = SCOPES.reduce((sum, { name }) => sum + readPicks(fields[name]).length, 0);
  if (fields.kind === "free_product" && count === 0) return null;
  return (
    <Section title="What it is for">
      <Text as="p" tone="subdued">
        {count === 0 ? "All products. Choose some to make it for them alone." : "Only what is chosen here."}
      </Text>
      {SCOPES.map(({ name, field, label, type }) => (
        <PickThings key={name} id={field} label={label} type={type} multiple picks={readPicks(fields[name])} disabled={isLocked(field)} error={problemOf(field)} onChange={(picks) => set({ [name]: JSON.stringify(picks) })} />
      ))}
    </Section>
  );
}

/** From and up to which order amount it can be used. */
export function OrderSection({ editing: { fields, set, field, isLocked } }: { editing: Editing }) {
  const currency = useAwardCurrency(fields);
  return (
    <Section title="Order amount">
      <Gate label="Only for orders from a certain amount" open={fields.hasMinimum} disabled={isLocked("minOrderMinor")} onChange={(hasMinimum) => set({ hasMinimum })}>
        <TextField label="Minimum order amount" autoComplete="off" inputMode="decimal" suffix={currency} disabled={isLocked("minOrderMinor")} {...field("minOrderMinor")} />
      </Gate>
      <Gate label="Only for orders up to a certain amount" open={fields.hasMaximum} disabled={isLocked("maxOrderMinor")} onChange={(hasMaximum) => set({ hasMaximum })}>
        <TextField label="Maximum order amount" autoComplete="off" inputMode="decimal" suffix={currency} disabled={isLocked("maxOrderMinor")} {...field("maxOrderMinor")} />
      </Gate>
    </Section>
  );
}

/** When it runs, by the shop's clock. */
export function PeriodSection({ editing: { fields, set, field } }: { editing: Editing }) {
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
        <Checkbox label="Coupons can be used only later" helpText="They may be given out from the start." checked={fields.hasRedeemableFrom} onChange={(hasRedeemableFrom) => set({ hasRedeemableFrom })} />
        {fields.hasRedeemableFrom && (
          <FormLayout.Group condensed>
            <TextField label="Can be used from" type="date" autoComplete="off" {...field("redeemableDate", "redeemableFrom")} />
            <TextField label="Time" type="time" autoComplete="off" {...field("redeemableTime", "none")} />
          </FormLayout.Group>
        )}
      </FormLayout>
      <Text as="p" tone="subdued">
        By your store’s clock ({timeZone}).
      </Text>
    </Section>
  );
}

/** How long a coupon lasts once it is given. */
export function ExpirySection({ editing: { fields, set, field, problemOf } }: { editing: Editing }) {
  const counted = (suffix: string) => (open: boolean) => open && <TextField label="How many" labelHidden autoComplete="off" inputMode="numeric" suffix={suffix} {...field("expiryCount")} />;
  return (
    <Section title="Expiry of coupons">
      <ChoiceList
        title="When a coupon expires"
        titleHidden
        error={problemOf("expiryRule")}
        choices={[
          { label: fields.hasEnd ? "With the award" : "Never", value: "with_award", ...(!fields.hasEnd && { helpText: "The award has no end. Give it one, and coupons end with it." }) },
          { label: "Days after it is given", value: "days", helpText: "At the end of the day; 0 is the day itself.", renderChildren: counted("days") },
          { label: "Month ends after it is given", value: "month_ends", helpText: "At the end of the month; 0 is the month itself.", renderChildren: counted("month ends") },
          { label: "On a date", value: "date", renderChildren: (open) => open && <TextField label="Date" labelHidden type="date" autoComplete="off" {...field("expiresDate", "expiresOn")} /> },
        ]}
        selected={[fields.expiryRule]}
        onChange={([rule]) => rule && set({ expiryRule: rule as AwardFields["expiryRule"] })}
      />
    </Section>
  );
}

/** Over how many payments of a subscription it lasts. */
export function DurationSection({ editing: { fields, set, field, isLocked } }: { editing: Editing }) {
  return (
    <Section title="Subscriptions">
      <FormLayout>
        <FormLayout.Group condensed>
          <Select
            label="How long it lasts"
            disabled={isLocked("duration")}
            options={[
              { label: "The first payment only", value: "once" },
              { label: "A number of months", value: "months" },
              { label: "Every payment", value: "forever" },
            ]}
            value={fields.duration}
            onChange={(duration) => set({ duration: duration as AwardFields["duration"] })}
          />
          {fields.duration === "months" && <TextField label="Months" autoComplete="off" inputMode="numeric" disabled={isLocked("durationMonths")} {...field("durationMonths")} />}
        </FormLayout.Group>
      </FormLayout>
    </Section>
  );
}

/** Which other discounts of Shopify it goes with. */
export function CombinesSection({ editing: { fields, set, problemOf } }: { editing: Editing }) {
  return (
    <Section title="Combines with">
      <BlockStack gap="0">
        <Checkbox label="Product discounts" checked={fields.combinesProduct} onChange={(combinesProduct) => set({ combinesProduct })} />
        <Checkbox label="Order discounts" checked={fields.combinesOrder} onChange={(combinesOrder) => set({ combinesOrder })} helpText="Needed for a customer to use two coupons on one order." />
        <Checkbox id="combinesShipping" label="Shipping discounts" checked={fields.combinesShipping} onChange={(combinesShipping) => set({ combinesShipping })} error={problemOf("combinesShipping")} />
      </BlockStack>
    </Section>
  );
}
