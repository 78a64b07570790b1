import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { SaveBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Box, Card, Checkbox, InlineGrid, Link, Page, Text, TextField } from "@shopify/polaris";
import { useEffect, useState, type ReactNode } from "react";
import { changeSettings, ShopSettings } from "../../domain/shops/change-settings.server";
import { env } from "../../lib/env.server";
import { formatMoney, minorDigits } from "../../lib/money";
import { useShop } from "../../ui/shop";
import { openAdmin } from "./door.server";
import { exampleOf, fieldsOf, readSettings, SETTINGS_FIELDS, TICKED, type SettingsFields } from "./settings-form";

export { clientAction, shouldRevalidate } from "../../ui/not-reached";

const SAVE_BAR = "settings-save-bar";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  return { fields: fieldsOf(shop, shop.currency), sendsMail: env.SMTP_URL !== undefined };
}

export async function action({ request }: ActionFunctionArgs) {
  const { shop, now } = await openAdmin(request);
  const form = await request.formData();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  const fields = Object.fromEntries(SETTINGS_FIELDS.map((name) => [name, text(name)])) as SettingsFields;
  const parsed = ShopSettings.safeParse(readSettings(fields, shop.currency));
  if (!parsed.success) {
    const problems = Object.fromEntries(parsed.error.issues.map((issue) => [fieldOf(issue.path), issue.message]));
    return data({ saved: false as const, problems }, { status: 422 });
  }
  await changeSettings(shop.id, parsed.data, now);
  return { saved: true as const };
}

/** The field of the form that says what the schema found wrong. */
function fieldOf(path: PropertyKey[]): string {
  return path[0] === "hundredMinor" ? "hundred" : path.join(".");
}

export default function Settings() {
  const { fields: stored, sendsMail } = useLoaderData<typeof loader>();
  const { currency, timeZone } = useShop();
  const { fields, field, box, dirty, busy, save, discard } = useSettingsForm(stored);
  const example = exampleOf(fields, currency);
  const unit = fields.pointsName.trim() || "points";
  return (
    <Page title="Settings">
      <SaveBar id={SAVE_BAR} open={dirty} discardConfirmation>
        <button type="button" variant="primary" onClick={save} disabled={busy} loading={busy ? "" : undefined} />
        <button type="button" onClick={discard} disabled={busy} />
      </SaveBar>
      <BlockStack gap={{ xs: "800", sm: "400" }}>
        <SettingsSection title="Earning" description="What your customers collect, and how fast. Changes concern what is earned from now on.">
          <Card>
            <BlockStack gap="400">
              <TextField label="Name of your points" autoComplete="off" maxLength={30} {...field("pointsName")} helpText="Customers read it wherever points are shown, e.g. “120 stars”." />
              <TextField
                label="Earned by spending"
                autoComplete="off"
                inputMode="numeric"
                suffix={`for each ${formatMoney(10 ** minorDigits(currency), currency)} spent`}
                {...field("earnRate")}
                helpText="After discounts. Gift cards earn when they are spent, not when they are bought."
              />
              <BlockStack>
                <Checkbox label="Tax earns too" {...box("earnOnTax")} />
                <Checkbox label="Shipping earns too" {...box("earnOnShipping")} />
              </BlockStack>
              <TextField
                label="Can be spent after"
                autoComplete="off"
                inputMode="numeric"
                suffix="days"
                {...field("pendingDays")}
                helpText="Until then they are pending: if the order is refunded meanwhile, they never come. 0: at once."
              />
              {example && (
                <Box background="bg-surface-secondary" borderRadius="200" padding="300">
                  <Text as="p" aria-live="polite">
                    {example}
                  </Text>
                </Box>
              )}
              <Link url="/app/earning">Products that earn more or nothing, and tiers</Link>
            </BlockStack>
          </Card>
        </SettingsSection>
        <SettingsSection title="Expiry" description="Points that are not spent in time are gone. Customers spend those first that expire first.">
          <Card>
            <BlockStack gap="400">
              <TextField
                label="Points expire after"
                autoComplete="off"
                inputMode="numeric"
                placeholder="Never"
                suffix="months"
                {...field("expiryMonths")}
                helpText="At the end of the day, so many months after they could first be spent. Blank: never. Points that customers have already keep the end they have."
              />
              <TextField
                label="Give notice"
                autoComplete="off"
                inputMode="numeric"
                suffix="days before"
                disabled={fields.expiryMonths.trim() === ""}
                {...field("expiryNoticeDays")}
                helpText="Your own systems hear of it by the webhook points.expiring and can tell the customer; Scrip itself sends customers nothing."
              />
            </BlockStack>
          </Card>
        </SettingsSection>
        <SettingsSection title="Gifts" description="Points for nothing bought. 0: none.">
          <Card>
            <BlockStack gap="400">
              <TextField label="For signing up" autoComplete="off" inputMode="numeric" suffix={unit} {...field("signupPoints")} helpText="Once for each customer who registers from now on." />
              <TextField
                label="On birthdays"
                autoComplete="off"
                inputMode="numeric"
                suffix={unit}
                {...field("birthdayPoints")}
                helpText="Once a year. The date comes from Shopify’s customer field “Birth date” or from the customer’s page here."
              />
            </BlockStack>
          </Card>
        </SettingsSection>
        <SettingsSection title="Worth" description="For your books only: customers do not see it.">
          <Card>
            <TextField
              label={`100 ${unit} are worth`}
              autoComplete="off"
              inputMode="decimal"
              placeholder="Not valued"
              suffix={currency}
              {...field("hundred")}
              helpText="What you owe for points is shown in money by it. Blank: in points only."
            />
          </Card>
        </SettingsSection>
        <SettingsSection title="Redeeming" description="Points are held, not spent, until an order proves the discount.">
          <Card>
            <TextField
              label="Hold points for"
              autoComplete="off"
              inputMode="numeric"
              suffix="minutes"
              {...field("holdMinutes")}
              helpText="If the checkout is abandoned, the code is withdrawn after this time and the points go back."
            />
          </Card>
        </SettingsSection>
        <SettingsSection title="Alerts" description="When codes run low or out, or a limit of coupons comes near.">
          <Card>
            <BlockStack gap="400">
              <TextField label="E-mail address for alerts" type="email" autoComplete="email" maxLength={254} {...field("alertEmail")} helpText="Blank: nobody is told." />
              {!sendsMail && (
                <Banner tone="warning">
                  <p>Scrip cannot send e-mail yet: whoever runs it for you has to connect a mail server. Until then alerts are kept, and sent once it is connected.</p>
                </Banner>
              )}
            </BlockStack>
          </Card>
        </SettingsSection>
        <SettingsSection title="Your own systems" description="For tills, apps and whatever else works with coupons and points.">
          <Card>
            <BlockStack gap="400">
              <BlockStack gap="100">
                <Text as="p">Webhooks tell them what happens, signed and in order.</Text>
                <Link url="/app/webhooks">Set up webhooks</Link>
              </BlockStack>
              <BlockStack gap="100">
                <Text as="p">API keys let them ask and act.</Text>
                <Link url="/app/api-keys">Manage API keys</Link>
              </BlockStack>
            </BlockStack>
          </Card>
        </SettingsSection>
        <SettingsSection title="Your store" description="Taken from Shopify.">
          <Card>
            <BlockStack gap="200">
              <Text as="p">Amounts are in {currency}.</Text>
              <Text as="p">Dates and times are by the clock of {timeZone}.</Text>
            </BlockStack>
          </Card>
        </SettingsSection>
      </BlockStack>
    </Page>
  );
}

/** What a group of settings is about, and beside it (on a phone above it) the group. */
function SettingsSection({ title, description, children }: { title: string; description: string; children: ReactNode }) {
  return (
    <InlineGrid columns={{ xs: 1, md: ["oneThird", "twoThirds"] }} gap="400">
      <Box as="section" paddingInline={{ xs: "400", sm: "0" }} paddingBlockStart={{ md: "400" }}>
        <BlockStack gap="200">
          <Text as="h2" variant="headingMd">
            {title}
          </Text>
          <Text as="p" tone="subdued">
            {description}
          </Text>
        </BlockStack>
      </Box>
      {children}
    </InlineGrid>
  );
}

function useSettingsForm(stored: SettingsFields) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [fields, setFields] = useState<SettingsFields>(stored);
  const [problems, setProblems] = useState<Partial<Record<string, string>>>({});
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer) return;
    setProblems(answer.saved ? {} : answer.problems);
    if (answer.saved) shopify.toast.show("Settings saved");
    else document.getElementById(Object.keys(answer.problems)[0] ?? "")?.focus();
  }, [answer, shopify]);

  const change = (name: keyof SettingsFields, value: string) => {
    setFields((before) => ({ ...before, [name]: value }));
    setProblems((before) => ({ ...before, [name]: undefined }));
  };
  return {
    fields,
    field: (name: keyof SettingsFields) => ({ id: name, value: fields[name], error: problems[name], onChange: (value: string) => change(name, value) }),
    box: (name: keyof SettingsFields) => ({ id: name, checked: fields[name] === TICKED, onChange: (checked: boolean) => change(name, checked ? TICKED : "") }),
    dirty: JSON.stringify(fields) !== JSON.stringify(stored),
    busy: fetcher.state !== "idle",
    save: () => fetcher.submit(fields, { method: "post" }),
    discard: () => {
      setFields(stored);
      setProblems({});
    },
  };
}
