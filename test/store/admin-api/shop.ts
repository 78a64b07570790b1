/** The shop itself and the app's installation in it. */
import type { AdminContext, RootResolvers } from "./context";

export const shopQueries: RootResolvers = {
  shop: (_source: unknown, _args: unknown, { state, shopUrl, now }: AdminContext) => ({
    __typename: "Shop",
    id: "gid://shopify/Shop/1",
    name: state.name,
    email: `owner@${state.domain}`,
    contactEmail: `hello@${state.domain}`,
    myshopifyDomain: state.domain,
    url: shopUrl,
    primaryDomain: { __typename: "Domain", id: "gid://shopify/Domain/1", host: state.domain, url: `https://${state.domain}`, sslEnabled: true },
    currencyCode: state.currency,
    enabledPresentmentCurrencies: [state.currency],
    ianaTimezone: state.timeZone,
    timezoneAbbreviation: abbreviationOf(state.timeZone, now),
    taxesIncluded: state.taxesIncluded,
    taxShipping: false,
    createdAt: state.createdAt,
    plan: { __typename: "ShopPlan", displayName: "Development", publicDisplayName: "Development", partnerDevelopment: true, shopifyPlus: false },
    features: { __typename: "ShopFeatures", sellsSubscriptions: state.sellsSubscriptions, eligibleForSubscriptions: true },
  }),
  currentAppInstallation: (_source: unknown, _args: unknown, { scopes, appTitle }: AdminContext) => ({
    __typename: "AppInstallation",
    id: "gid://shopify/AppInstallation/1",
    launchUrl: "",
    app: { __typename: "App", id: "gid://shopify/App/1", title: appTitle, handle: appTitle.toLowerCase() },
    accessScopes: [...(scopes ?? [])].map((handle) => ({ __typename: "AccessScope", handle, description: handle })),
  }),
};

/** "CET": what the zone is called at this instant. */
function abbreviationOf(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "short" }).formatToParts(now);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}
