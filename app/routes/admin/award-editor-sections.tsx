import { Banner, BlockStack, Card, Checkbox, ChoiceList, FormLayout, Text, TextField } from "@shopify/polaris";
import type { ReactNode } from "react";
import { minorDigits } from "../../lib/money";
import { useShop } from "../../ui/shop";
import type { Editing } from "./award-editor";

function Section({ title, children }: { title: string; children: ReactNode }) {
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

/** What it is called and what it is worth. */
export function BasicsSection({ editing: { fields, set, field, locked } }: { editing: Editing }) {
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

/** What it costs in points, if it is sold for them. */
export function PriceSection({ editing: { fields, set, field } }: { editing: Editing }) {
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

/** From which order amount on it can be used. */
export function MinimumSection({ editing: { fields, set, field, locked } }: { editing: Editing }) {
  const { currency } = useShop();
  const disabled = locked.includes("minOrderMinor");
  return (
    <Section title="Order minimum">
      <Checkbox label="Only for orders from a certain amount" checked={fields.hasMinimum} disabled={disabled} onChange={(hasMinimum) => set({ hasMinimum })} />
      {fields.hasMinimum && <TextField label="Minimum order amount" autoComplete="off" inputMode="decimal" suffix={currency} disabled={disabled} {...field("minOrderMinor")} />}
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

/** How often it can be given and used; a number counts only while its tick is set. */
export function LimitsSection({ editing: { fields, set, field } }: { editing: Editing }) {
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

/** Which other discounts of Shopify it goes with. */
export function CombinesSection({ editing: { fields, set } }: { editing: Editing }) {
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
