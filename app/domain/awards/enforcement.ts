/**
 * Who holds each rule of an award when its discount is taken off: Shopify's own discount, our discount Function inside Shopify's
 * checkout, or we ourselves when a coupon is given and locked. What the chosen way cannot hold is refused, with the way out. Pure.
 */
import { applierOf, type AwardDraft, type CodeSource, type Problem } from "./award";

export type Enforcer = "shopify" | "function" | "us" | "integrator";

export interface EnforcedRule {
  field: keyof AwardDraft;
  /** As a merchant reads it in a list. */
  label: string;
  by: Enforcer;
}

export interface Enforcement {
  /** Every rule that the award has. */
  rules: EnforcedRule[];
  /** Rules that nobody could hold on the chosen way: the award is not saved with them. */
  refused: Problem[];
  /** Whether its discount on Shopify must be our Function's. */
  needsFunction: boolean;
}

/** What decides whether Shopify's own discounts can say it. A draft or a row; a code's own restriction to a first order counts as the award's. */
export type FunctionRules = Pick<
  AwardDraft,
  "kind" | "capMinor" | "maxOrderMinor" | "productGids" | "variantGids" | "collectionGids" | "weekdays" | "monthDays" | "fromMinute" | "maxOrders" | "firstOrderOnly" | "channels"
>;

const hasScope = ({ productGids, variantGids, collectionGids }: FunctionRules) => productGids.length + variantGids.length + collectionGids.length > 0;
const isMixed = ({ productGids, variantGids, collectionGids }: FunctionRules) => productGids.length + variantGids.length > 0 && collectionGids.length > 0;
const isForeign = ({ currency }: AwardDraft, shopCurrency: string) => currency !== null && currency !== shopCurrency;
const isMinted = (source: CodeSource) => source === "generated" || source === "pattern";

/** Whether an award that Shopify applies needs our Function: Shopify's own discounts cannot say all of its terms. They know the shop's currency only. */
export function needsFunction(award: FunctionRules, foreignCurrency: boolean): boolean {
  return (
    award.kind === "free_product" ||
    foreignCurrency ||
    award.capMinor !== null ||
    award.maxOrderMinor !== null ||
    isMixed(award) ||
    (award.kind === "free_shipping" && hasScope(award)) ||
    award.weekdays.length > 0 ||
    award.monthDays.length > 0 ||
    award.fromMinute !== null ||
    award.maxOrders !== null ||
    award.firstOrderOnly ||
    award.channels.length === 1
  );
}

/** How Shopify's checkout comes to hold a rule. */
type Way =
  /** Part of any discount, our Function's too. */
  | "always_shopify"
  /** What a discount is worth and for what: Shopify's own, or the Function's where that runs. */
  | "worth"
  | "function"
  | "us"
  | { refused: string };

interface Rule {
  field: keyof AwardDraft;
  label: string;
  isSet(draft: AwardDraft, shopCurrency: string): boolean;
  way(draft: AwardDraft, source: CodeSource): Way;
}

const BY_INTEGRATOR = "Let an integrator apply the award, or leave this off.";
const NO_PLACE = { refused: `Shopify’s checkout does not know your list of places. ${BY_INTEGRATOR}` };

/** Who may use a code that many people know cannot be settled when it is given. */
function registered(draft: AwardDraft, source: CodeSource): Way {
  if (source !== "single" && !draft.shareable) return "us";
  return { refused: `Shopify does not tell its checkout when a customer registered, and a code that others may use reaches anybody. Give each customer a code of their own, let an integrator apply the award, or leave this off.` };
}

function expiry(_draft: AwardDraft, source: CodeSource): Way {
  if (source === "single") return { refused: "One code for everybody has one end for everybody: let coupons expire with the award or on a date, give each customer a code of their own, or let an integrator apply the award." };
  return isMinted(source) ? "always_shopify" : "us";
}

function variable(_draft: AwardDraft, source: CodeSource): Way {
  return isMinted(source) ? "worth" : { refused: "On Shopify every amount has codes of its own: let us make the codes, or let an integrator apply the award." };
}

function scope(draft: AwardDraft): Way {
  return draft.kind === "free_product" ? { refused: "A free product is itself what is free: leave the scope at all products, or let an integrator apply the award." } : "worth";
}

function combinations(draft: AwardDraft): Way {
  return draft.kind === "free_shipping" && draft.combinesShipping ? { refused: "Shopify never applies two shipping discounts to one order: take this away." } : "always_shopify";
}

const RULES: Rule[] = [
  { field: "value", label: "value", isSet: () => true, way: () => "worth" },
  { field: "currency", label: "currency", isSet: (draft, shopCurrency) => isForeign(draft, shopCurrency), way: () => "function" },
  { field: "capMinor", label: "maximum amount", isSet: ({ capMinor }) => capMinor !== null, way: () => "function" },
  { field: "minPoints", label: "chosen amount", isSet: ({ minPoints }) => minPoints !== null, way: variable },
  { field: "productGids", label: "products", isSet: hasScope, way: scope },
  { field: "minOrderMinor", label: "order minimum", isSet: ({ minOrderMinor }) => minOrderMinor !== null, way: () => "worth" },
  { field: "maxOrderMinor", label: "order maximum", isSet: ({ maxOrderMinor }) => maxOrderMinor !== null, way: () => "function" },
  { field: "startsAt", label: "dates", isSet: () => true, way: () => "always_shopify" },
  { field: "expiryRule", label: "expiry of coupons", isSet: ({ expiryRule }) => expiryRule === "days" || expiryRule === "month_ends", way: expiry },
  { field: "duration", label: "duration", isSet: ({ duration }) => duration !== "once", way: () => "always_shopify" },
  { field: "usesPerCode", label: "uses of each code", isSet: ({ usesPerCode, shareable }) => usesPerCode !== null || !shareable, way: () => "always_shopify" },
  { field: "usesPerCustomer", label: "redemptions per customer", isSet: ({ usesPerCustomer }) => usesPerCustomer !== null, way: ({ usesPerCustomer }, source) => (source === "single" && usesPerCustomer === 1 ? "always_shopify" : "us") },
  { field: "usesTotal", label: "redemptions in all", isSet: ({ usesTotal }) => usesTotal !== null, way: (_draft, source) => (source === "single" ? "always_shopify" : "us") },
  { field: "issuesPerCustomer", label: "coupons per customer", isSet: ({ issuesPerCustomer }) => issuesPerCustomer !== null, way: () => "us" },
  { field: "issuesTotal", label: "coupons in all", isSet: ({ issuesTotal }) => issuesTotal !== null, way: () => "us" },
  { field: "issueGapDays", label: "days between coupons", isSet: ({ issueGapDays }) => issueGapDays !== null, way: () => "us" },
  { field: "audience", label: "listed customers", isSet: ({ audience }) => audience === "listed", way: () => "us" },
  { field: "excludedAwards", label: "customers of other awards", isSet: ({ excludedAwards }) => excludedAwards.length > 0, way: () => "us" },
  { field: "redeemGapDays", label: "days between redemptions", isSet: ({ redeemGapDays }) => redeemGapDays !== null, way: () => ({ refused: `Shopify’s checkout does not know when a customer redeemed last. Use the days between two coupons instead, let an integrator apply the award, or leave this off.` }) },
  { field: "registeredFrom", label: "registered from", isSet: ({ registeredFrom }) => registeredFrom !== null, way: registered },
  { field: "registeredUntil", label: "registered until", isSet: ({ registeredUntil }) => registeredUntil !== null, way: registered },
  { field: "maxOrders", label: "orders before", isSet: ({ maxOrders }) => maxOrders !== null, way: () => "function" },
  { field: "firstOrderOnly", label: "first order", isSet: ({ firstOrderOnly }) => firstOrderOnly, way: () => "function" },
  { field: "weekdays", label: "days of the week", isSet: ({ weekdays }) => weekdays.length > 0, way: () => "function" },
  { field: "monthDays", label: "days of the month", isSet: ({ monthDays }) => monthDays.length > 0, way: () => "function" },
  { field: "fromMinute", label: "hours", isSet: ({ fromMinute }) => fromMinute !== null, way: () => "function" },
  { field: "channels", label: "channel", isSet: ({ channels }) => channels.length === 1, way: () => "function" },
  { field: "locationIds", label: "locations", isSet: ({ locationIds }) => locationIds.length > 0, way: () => NO_PLACE },
  { field: "zones", label: "zones", isSet: ({ zones }) => zones.length > 0, way: () => NO_PLACE },
  { field: "concepts", label: "concepts", isSet: ({ concepts }) => concepts.length > 0, way: () => NO_PLACE },
  { field: "combinesShipping", label: "combinations", isSet: () => true, way: combinations },
];

/** Who holds each rule of the award, and which rules nobody could. The draft's currency may be null: the shop's. */
export function enforcement(draft: AwardDraft, source: CodeSource, shopCurrency: string): Enforcement {
  const rules = RULES.filter((rule) => rule.isSet(draft, shopCurrency));
  if (applierOf(draft, source) === "integrator") {
    // The till takes the value off and asks us about everything else.
    return { rules: rules.map(({ field, label }) => ({ field, label, by: field === "value" ? "integrator" : "us" })), refused: [], needsFunction: false };
  }
  const byFunction = needsFunction(draft, isForeign(draft, shopCurrency));
  const found: Enforcement = { rules: [], refused: [], needsFunction: byFunction };
  for (const { field, label, way } of rules) {
    const how = way(draft, source);
    if (typeof how === "object") found.refused.push({ field, message: how.refused });
    else found.rules.push({ field, label, by: enforcerOf(how, byFunction) });
  }
  return found;
}

function enforcerOf(way: Exclude<Way, { refused: string }>, byFunction: boolean): Enforcer {
  switch (way) {
    case "always_shopify":
      return "shopify";
    case "worth":
      return byFunction ? "function" : "shopify";
    case "function":
    case "us":
      return way;
    default:
      return way satisfies never;
  }
}
