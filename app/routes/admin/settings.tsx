import { data, type ActionFunctionArgs, type LoaderFunctionArgs } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { SaveBar, useAppBridge } from "@shopify/app-bridge-react";
import { Banner, BlockStack, Box, Card, InlineGrid, Link, Page, Text, TextField } from "@shopify/polaris";
import { useEffect, useState, type ReactNode } from "react";
import { changeSettings, ShopSettings } from "../../domain/shops/change-settings.server";
import { env } from "../../lib/env.server";
import { formatMoney, minorDigits } from "../../lib/money";
import { useShop } from "../../ui/shop";
import { openAdmin } from "./door.server";

const SAVE_BAR = "settings-save-bar";

export async function loader({ request }: LoaderFunctionArgs) {
  const { shop } = await openAdmin(request);
  return { pointsName: shop.pointsName, earnRate: String(shop.earnRate), holdMinutes: String(shop.holdMinutes), alertEmail: shop.alertEmail ?? "", sendsMail: env.SMTP_URL !== undefined };
}

export async function action({ request }: ActionFunctionArgs) {
  const { shop } = await openAdmin(request);
  const form = Object.fromEntries(await request.formData());
  const number = (text: unknown) => (typeof text === "string" && /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN);
  const alertEmail = typeof form.alertEmail === "string" ? form.alertEmail.trim() || null : null;
  const parsed = ShopSettings.safeParse({ pointsName: form.pointsName, earnRate: number(form.earnRate), holdMinutes: number(form.holdMinutes), alertEmail });
  if (!parsed.success) {
    const problems = Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join("."), issue.code === "invalid_type" ? "Enter a whole number." : issue.message]));
    return data({ saved: false as const, problems }, { status: 422 });
  }
  await changeSettings(shop.id, parsed.data);
  return { saved: true as const };
}

type Fields = Record<"pointsName" | "earnRate" | "holdMinutes" | "alertEmail", string>;

export default function Settings() {
  const { sendsMail, ...stored } = useLoaderData<typeof loader>();
  const { currency, timeZone } = useShop();
  const { field, dirty, busy, save, discard } = useSettingsForm(stored);
  return (
    <Page title="Settings">
      <SaveBar id={SAVE_BAR} open={dirty} discardConfirmation>
        <button type="button" variant="primary" onClick={save} disabled={busy} loading={busy ? "" : undefined} />
        <button type="button" onClick={discard} disabled={busy} />
      </SaveBar>
      <BlockStack gap={{ xs: "800", sm: "400" }}>
        <SettingsSection title="Points" description="What your customers collect, and how fast.">
          <Card>
            <BlockStack gap="400">
              <TextField label="Name of your points" autoComplete="off" maxLength={30} {...field("pointsName")} helpText="Customers read it wherever points are shown, e.g. “120 stars”." />
              <TextField
                label="Earned by spending"
                autoComplete="off"
                inputMode="numeric"
                suffix={`for each ${formatMoney(10 ** minorDigits(currency), currency)} spent`}
                {...field("earnRate")}
                helpText="After discounts, without tax, shipping and gift cards. Orders that were placed before keep the rate of their time."
              />
            </BlockStack>
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
                  <p>No mail server is set up for this app (SMTP_URL): alerts are kept, and sent once there is one.</p>
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

function useSettingsForm(stored: Fields) {
  const shopify = useAppBridge();
  const fetcher = useFetcher<typeof action>();
  const [fields, setFields] = useState<Fields>(stored);
  const [problems, setProblems] = useState<Partial<Record<string, string>>>({});
  const answer = fetcher.state === "idle" ? fetcher.data : undefined;
  useEffect(() => {
    if (!answer) return;
    setProblems(answer.saved ? {} : answer.problems);
    if (answer.saved) shopify.toast.show("Settings saved");
    else document.getElementById(Object.keys(answer.problems)[0] ?? "")?.focus();
  }, [answer, shopify]);

  const field = (name: keyof Fields) => ({
    id: name,
    value: fields[name],
    error: problems[name],
    onChange: (value: string) => {
      setFields((before) => ({ ...before, [name]: value }));
      setProblems((before) => ({ ...before, [name]: undefined }));
    },
  });
  return {
    field,
    dirty: JSON.stringify(fields) !== JSON.stringify(stored),
    busy: fetcher.state !== "idle",
    save: () => fetcher.submit(fields, { method: "post" }),
    discard: () => {
      setFields(stored);
      setProblems({});
    },
  };
}
