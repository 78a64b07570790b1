/** The award editor's form: what it holds, and how it is filled in from an award. Pure; both the browser and the server read it. */
import { z } from "zod";
import { AWARD_KINDS, CODE_SOURCES, type AwardDraft } from "../../domain/awards/award";
import { TEXT_LOCALES, type AwardText, type TextLocale } from "../../domain/awards/text";
import { toDecimal } from "../../lib/money";
import { localTime } from "../../lib/zone";

const Text = z.string().max(1000).default("");
const LongText = z.string().max(6000).default("");
/** JSON of a list: see `readList` and `readPicks`. */
const List = z.string().max(200_000).default("[]");
const Tick = z.literal("on").optional().transform((value) => value === "on");

/** Everything as a person writes it: text, ticks and choices. */
export const AwardForm = z.object({
  requestKey: z.string().min(8).max(100),
  /** A successor's: the award it was made from is archived when it is saved. */
  archivePredecessor: Tick,
  name: Text,
  kind: z.enum(AWARD_KINDS),
  value: Text,
  /** Blank: the shop's. */
  currency: Text,
  hasCap: Tick,
  capMinor: Text,
  variable: Tick,
  minPoints: Text,
  maxPoints: Text,
  stepPoints: Text,
  stepMinor: Text,
  gift: List,
  sold: Tick,
  pointsPrice: Text,
  products: List,
  variants: List,
  collections: List,
  hasMinimum: Tick,
  minOrderMinor: Text,
  hasMaximum: Tick,
  maxOrderMinor: Text,
  /** JSON of the award's instants as they were when the form was filled in: see `readInstants`. */
  instants: Text,
  startsDate: Text,
  startsTime: Text,
  hasEnd: Tick,
  endsDate: Text,
  endsTime: Text,
  hasRedeemableFrom: Tick,
  redeemableDate: Text,
  redeemableTime: Text,
  expiryRule: z.enum(["with_award", "days", "month_ends", "date"]).default("with_award"),
  expiryCount: Text,
  expiresDate: Text,
  duration: z.enum(["once", "forever", "months"]).default("once"),
  durationMonths: Text,
  shareable: Tick,
  usesTotalOn: Tick,
  usesTotal: Text,
  usesPerCustomerOn: Tick,
  usesPerCustomer: Text,
  usesPerCodeOn: Tick,
  usesPerCode: Text,
  issuesTotalOn: Tick,
  issuesTotal: Text,
  alertRemainingOn: Tick,
  alertRemaining: Text,
  issuesPerCustomerOn: Tick,
  issuesPerCustomer: Text,
  issueGapDaysOn: Tick,
  issueGapDays: Text,
  redeemGapDaysOn: Tick,
  redeemGapDays: Text,
  listed: Tick,
  excludedAwards: List,
  matchAgain: z.enum(["another", "existing", "none"]).default("another"),
  firstOrderOnly: Tick,
  maxOrdersOn: Tick,
  maxOrders: Text,
  registeredFromOn: Tick,
  registeredFrom: Text,
  registeredUntilOn: Tick,
  registeredUntil: Text,
  weekdays: List,
  monthDays: List,
  hasHours: Tick,
  fromTime: Text,
  untilTime: Text,
  channel: z.enum(["any", "online", "pos"]).default("any"),
  locationIds: List,
  zones: List,
  concepts: List,
  appliedBy: z.enum(["shopify", "integrator"]).default("shopify"),
  onReversal: z.enum(["return_points", "reuse"]).default("return_points"),
  combinesOrder: Tick,
  combinesProduct: Tick,
  combinesShipping: Tick,
  displayName_en: Text,
  conditions_en: LongText,
  displayName_de: Text,
  conditions_de: LongText,
  displayName_fr: Text,
  conditions_fr: LongText,
  displayName_ar: Text,
  conditions_ar: LongText,
  source: z.enum(CODE_SOURCES),
  prefix: Text,
  length: Text,
  stockTarget: Text,
  selfSizing: Tick,
  lowStockAtOn: Tick,
  lowStockAt: Text,
  sample: Text,
  code: Text,
  rotateDaysOn: Tick,
  rotateDays: Text,
  codes: z.string().default(""),
});
export type AwardFields = z.infer<typeof AwardForm>;

/** Something of the shop that was chosen, by Shopify's id, with the title it was chosen by. */
const Pick = z.object({ gid: z.string().max(200), title: z.string().max(300) });
export type Pick = z.infer<typeof Pick>;

/** The things chosen in a field. What is no list of ours is none. */
export function readPicks(text: string): Pick[] {
  return listIn(text, Pick);
}

/** The names or numbers chosen in a field. */
export function readList(text: string): string[] {
  return listIn(text, z.string().max(200));
}

function listIn<Item>(text: string, item: z.ZodType<Item>): Item[] {
  return jsonIn(text, z.array(item).max(1000).catch([])) ?? [];
}

function jsonIn<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Instants of an award that the form shows less exactly than they are. */
const Instants = z.object({ startsAt: z.coerce.date(), endsAt: z.coerce.date(), redeemableFrom: z.coerce.date(), expiresOn: z.coerce.date(), registeredFrom: z.coerce.date(), registeredUntil: z.coerce.date() }).partial();
export type InstantField = keyof z.infer<typeof Instants>;
const INSTANT_FIELDS = Instants.keyof().options;

/** The instants of the award that the form was filled in from. */
export function readInstants(text: string): z.infer<typeof Instants> {
  return jsonIn(text, Instants.catch({})) ?? {};
}

/** The fields of a posted form. Null: it is not this form. */
export function awardFields(form: FormData): AwardFields | null {
  const entries = [...form.entries()].filter(([, value]) => typeof value === "string");
  const result = AwardForm.safeParse(Object.fromEntries(entries));
  return result.success ? result.data : null;
}

/** The same fields as a form to post. */
export function awardFormData(fields: AwardFields): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.set(name, value);
    else if (value) form.set(name, "on");
  }
  return form;
}

/** The form of a new award, ready to be filled in. */
export function newAwardFields(requestKey: string, timeZone: string, now: Date): AwardFields {
  const today = localTime(now, timeZone);
  return AwardForm.parse({
    requestKey,
    kind: "fixed_amount",
    sold: "on",
    usesPerCustomer: "1",
    startsDate: today.slice(0, 10),
    startsTime: today.slice(11, 16),
    endsTime: "23:59",
    redeemableTime: "00:00",
    fromTime: "09:00",
    untilTime: "18:00",
    source: "generated",
    length: "10",
    stockTarget: "500",
  });
}

/** What the things in an award's scope are called, by their gids. */
export type Titles = ReadonlyMap<string, string>;

/** The form of an award that exists, or of its successor. */
export function fieldsOfAward(award: AwardDraft & { currency: string }, base: AwardFields, shop: { currency: string; timeZone: string }, titles: Titles = new Map()): AwardFields {
  const number = (value: number | null) => (value === null ? "" : String(value));
  const money = (minor: number | null) => (minor === null ? "" : toDecimal(minor, award.currency));
  const picks = (gids: string[]) => JSON.stringify(gids.map((gid) => ({ gid, title: titles.get(gid) ?? untitled(gid) })));
  const starts = clock(award.startsAt, shop.timeZone);
  const ends = clock(award.endsAt, shop.timeZone);
  const redeemable = clock(award.redeemableFrom, shop.timeZone);
  const [channel, ...otherChannels] = award.channels;
  return {
    ...base,
    name: award.name,
    kind: award.kind,
    value: award.kind === "percentage" ? String(award.value) : award.value === 0 ? "" : money(award.value),
    currency: award.currency === shop.currency ? "" : award.currency,
    hasCap: award.capMinor !== null,
    capMinor: money(award.capMinor),
    variable: award.minPoints !== null,
    minPoints: number(award.minPoints),
    maxPoints: number(award.maxPoints),
    stepPoints: number(award.stepPoints),
    stepMinor: money(award.stepMinor),
    gift: picks(award.giftVariantGid === null ? [] : [award.giftVariantGid]),
    sold: award.pointsPrice !== null,
    pointsPrice: number(award.pointsPrice),
    products: picks(award.productGids),
    variants: picks(award.variantGids),
    collections: picks(award.collectionGids),
    hasMinimum: award.minOrderMinor !== null,
    minOrderMinor: money(award.minOrderMinor),
    hasMaximum: award.maxOrderMinor !== null,
    maxOrderMinor: money(award.maxOrderMinor),
    instants: JSON.stringify(Object.fromEntries(INSTANT_FIELDS.map((field) => [field, award[field] ?? undefined]))),
    startsDate: starts.date,
    startsTime: starts.time || base.startsTime,
    hasEnd: award.endsAt !== null,
    endsDate: ends.date,
    endsTime: ends.time || base.endsTime,
    hasRedeemableFrom: award.redeemableFrom !== null,
    redeemableDate: redeemable.date,
    redeemableTime: redeemable.time || base.redeemableTime,
    expiryRule: award.expiryRule,
    expiryCount: number(award.expiryCount),
    expiresDate: clock(award.expiresOn, shop.timeZone).date,
    duration: award.duration,
    durationMonths: number(award.durationMonths),
    shareable: award.shareable,
    usesTotalOn: award.usesTotal !== null,
    usesTotal: number(award.usesTotal),
    usesPerCustomerOn: award.usesPerCustomer !== null,
    usesPerCustomer: number(award.usesPerCustomer),
    usesPerCodeOn: award.usesPerCode !== null,
    usesPerCode: number(award.usesPerCode),
    issuesTotalOn: award.issuesTotal !== null,
    issuesTotal: number(award.issuesTotal),
    alertRemainingOn: award.alertRemaining !== null,
    alertRemaining: number(award.alertRemaining),
    issuesPerCustomerOn: award.issuesPerCustomer !== null,
    issuesPerCustomer: number(award.issuesPerCustomer),
    issueGapDaysOn: award.issueGapDays !== null,
    issueGapDays: number(award.issueGapDays),
    redeemGapDaysOn: award.redeemGapDays !== null,
    redeemGapDays: number(award.redeemGapDays),
    listed: award.audience === "listed",
    excludedAwards: JSON.stringify(award.excludedAwards.map(String)),
    matchAgain: award.matchAgain,
    firstOrderOnly: award.firstOrderOnly,
    maxOrdersOn: award.maxOrders !== null,
    maxOrders: number(award.maxOrders),
    registeredFromOn: award.registeredFrom !== null,
    registeredFrom: clock(award.registeredFrom, shop.timeZone).date,
    registeredUntilOn: award.registeredUntil !== null,
    registeredUntil: clock(award.registeredUntil, shop.timeZone).date,
    weekdays: JSON.stringify(award.weekdays.map(String)),
    monthDays: JSON.stringify(award.monthDays.map(String)),
    hasHours: award.fromMinute !== null,
    fromTime: timeOf(award.fromMinute) ?? base.fromTime,
    untilTime: timeOf(award.untilMinute) ?? base.untilTime,
    channel: channel && otherChannels.length === 0 ? channel : "any",
    locationIds: JSON.stringify(award.locationIds),
    zones: JSON.stringify(award.zones),
    concepts: JSON.stringify(award.concepts),
    appliedBy: award.appliedBy,
    onReversal: award.onReversal,
    combinesOrder: award.combinesOrder,
    combinesProduct: award.combinesProduct,
    combinesShipping: award.combinesShipping,
  };
}

/** The fields of an award's texts. */
export function fieldsOfTexts(texts: AwardText[], base: AwardFields): AwardFields {
  const written = texts.flatMap(({ locale, displayName, conditions }) => [[`displayName_${locale}`, displayName ?? ""], [`conditions_${locale}`, conditions ?? ""]]);
  return { ...base, ...Object.fromEntries(written) };
}

/** The texts that the fields say, in every language. */
export function readTexts(fields: AwardFields): AwardText[] {
  return TEXT_LOCALES.map((locale) => ({ locale, displayName: textIn(fields, "displayName", locale), conditions: textIn(fields, "conditions", locale) }));
}

function textIn(fields: AwardFields, what: "displayName" | "conditions", locale: TextLocale): string | null {
  return fields[`${what}_${locale}`].trim() || null;
}

function clock(instant: Date | null, timeZone: string): { date: string; time: string } {
  const local = instant ? localTime(instant, timeZone) : "";
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}

/** "18:00"; the end of the day is "00:00". */
function timeOf(minute: number | null): string | null {
  if (minute === null) return null;
  const digits = (part: number) => String(part).padStart(2, "0");
  return `${digits(Math.floor(minute / 60) % 24)}:${digits(minute % 60)}`;
}

/** "Product 123", for what Shopify no longer knows. */
function untitled(gid: string): string {
  const [type = "", id = ""] = gid.split("/").slice(-2);
  return `${type.replace("ProductVariant", "Variant")} ${id}`;
}
