import { BlockStack, Card, Divider, List, Text } from "@shopify/polaris";
import type { AwardDraft, Problem } from "../../domain/awards/award";
import { describeTerms } from "../../domain/awards/terms";
import { formatCount, plural } from "../../ui/count";
import { useShop } from "../../ui/shop";
import { formatTime } from "../../ui/time";
import { AwardEnforcement } from "./award-enforcement";
import type { AwardFields } from "./award-form";

const SOURCES: Record<AwardFields["source"], string> = {
  generated: "Unique codes, made by us and kept in stock",
  single: "One code for everybody",
  pasted: "Your own list of codes",
  uploaded: "Your own codes, from a file",
  pattern: "Codes that begin like your sample",
  third_party: "Codes of another system",
  typed: "Codes typed by hand",
};

/** What keeps the worth and the price from being said while it is wrong. */
const PRICE = ["pointsPrice", "minPoints", "maxPoints"];
const WORTH = ["value", "minPoints", "maxPoints", "stepPoints", "stepMinor"];

/** What the award says so far, in words: the same sentences customers will read. */
export function AwardSummary({ draft, problems, source }: { draft: AwardDraft; problems: Problem[]; source: AwardFields["source"] }) {
  const shop = useShop();
  const { currency, timeZone, pointsName } = shop;
  const wrong = new Set(problems.map(({ field }) => field));
  const readable = (field: string, text: string) => (wrong.has(field) ? "…" : text);
  const terms = describeTerms({ ...readableTerms(draft, wrong), currency: draft.currency ?? currency }, "en", shop);
  const isWorthless = WORTH.some((field) => wrong.has(field));
  const starts = readable("startsAt", `From ${formatTime(draft.startsAt, timeZone)}`);
  const ends = draft.endsAt ? readable("endsAt", `until ${formatTime(draft.endsAt, timeZone)}`) : "without an end";
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingSm">
          Summary
        </Text>
        <BlockStack gap="100">
          <Text as="p" variant="headingMd" breakWord>
            {draft.name || "Award without a name"}
          </Text>
          <Text as="p" tone={isWorthless ? "subdued" : undefined}>
            {isWorthless ? "Say what it is worth" : terms}
          </Text>
        </BlockStack>
        <Divider />
        <List gap="extraTight">
          <List.Item>{price(draft, wrong, pointsName)}</List.Item>
          <List.Item>
            {starts} {ends}
          </List.Item>
          {limits(draft, wrong).map((limit) => (
            <List.Item key={limit}>{limit}</List.Item>
          ))}
          <List.Item>{combinations(draft)}</List.Item>
          <List.Item>{SOURCES[source]}</List.Item>
        </List>
        <AwardEnforcement draft={draft} source={source} />
      </BlockStack>
    </Card>
  );
}

/** A variable award costs what the customer chooses; what is wrong with its steps leaves the price open. */
function price({ pointsPrice, maxPoints }: AwardDraft, wrong: Set<string>, pointsName: string): string {
  if (PRICE.some((field) => wrong.has(field))) return `Say what it costs in ${pointsName}`;
  if (pointsPrice === null) return `Not sold for ${pointsName}`;
  return `Costs ${formatCount(pointsPrice)}${maxPoints === null ? "" : ` to ${formatCount(maxPoints)}`} ${pointsName}`;
}

function limits(draft: AwardDraft, wrong: Set<string>): string[] {
  const said: string[] = [];
  const say = (field: keyof AwardDraft & `${"uses" | "issues"}${string}`, sentence: (count: number) => string) => {
    const count = draft[field];
    if (count !== null && !wrong.has(field)) said.push(sentence(count));
  };
  say("usesTotal", (count) => `${plural(count, "redemption")} in all`);
  say("usesPerCustomer", (count) => `${plural(count, "redemption")} per customer`);
  say("usesPerCode", (count) => `${plural(count, "use")} of each code`);
  say("issuesTotal", (count) => `${plural(count, "coupon")} given out in all`);
  say("issuesPerCustomer", (count) => `${plural(count, "coupon")} per customer`);
  return said.length ? said : ["No limits"];
}

function combinations({ combinesOrder, combinesProduct, combinesShipping }: AwardDraft): string {
  const kinds = [combinesProduct && "product", combinesOrder && "order", combinesShipping && "shipping"].filter((kind) => kind !== false);
  return kinds.length ? `Combines with ${kinds.join(", ")} discounts` : "Combines with no other discount";
}

/** The draft without the numbers that cannot be read yet. */
function readableTerms(draft: AwardDraft, wrong: Set<string>): AwardDraft {
  const optional = ["capMinor", "minOrderMinor", "maxOrderMinor", "usesPerCustomer", "redeemGapDays", "maxOrders", "durationMonths", "fromMinute", "untilMinute", "minPoints"] as const;
  const unread = Object.fromEntries(optional.filter((field) => wrong.has(field)).map((field) => [field, null]));
  return { ...draft, ...unread, ...(wrong.has("expiryCount") && { expiryRule: "with_award" }), ...(wrong.has("currency") && { currency: null }) };
}
