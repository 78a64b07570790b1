/** How the award editor's form becomes a draft, and what is wrong with it, field by field. Pure; both the browser and the server read it. */
import { applierOf, MAX_MINOR, type AwardDraft, type CodeSource, type Problem } from "../../domain/awards/award";
import type { NewCodeSource } from "../../domain/awards/code-source";
import { draftProblems, variableTerms } from "../../domain/awards/draft-rules";
import { enforcement } from "../../domain/awards/enforcement";
import { limitProblems } from "../../domain/awards/limits";
import { textProblems } from "../../domain/awards/text";
import { minorDigits, toDecimal, toMinor } from "../../lib/money";
import { instantOf, localTime } from "../../lib/zone";
import { readInstants, readList, readPicks, readTexts, type AwardFields, type InstantField } from "./award-form";

interface ShopRules {
  currency: string;
  timeZone: string;
}

/** The draft that the fields say, and everything that is wrong with them. `draft` holds what could be read, for the summary. */
export function readAward(fields: AwardFields, shop: ShopRules): { draft: AwardDraft; problems: Problem[] } {
  const named = fields.currency.trim().toUpperCase();
  const read = reader(fields, { ...shop, currency: /^[A-Z]{3}$/.test(named) ? named : shop.currency });
  const { problems, whole, optional, money, instant, minuteOfDay } = read;
  const draft: AwardDraft = {
    name: fields.name.trim(),
    kind: fields.kind,
    ...readWorth(fields, read),
    currency: named || null,
    capMinor: fields.kind === "percentage" && fields.hasCap ? (money("capMinor", fields.capMinor) ?? 0) : null,
    giftVariantGid: fields.kind === "free_product" ? (readPicks(fields.gift)[0]?.gid ?? null) : null,
    productGids: readPicks(fields.products).map(({ gid }) => gid),
    variantGids: readPicks(fields.variants).map(({ gid }) => gid),
    collectionGids: readPicks(fields.collections).map(({ gid }) => gid),
    minOrderMinor: fields.hasMinimum ? (money("minOrderMinor", fields.minOrderMinor) ?? 0) : null,
    maxOrderMinor: fields.hasMaximum ? (money("maxOrderMinor", fields.maxOrderMinor) ?? 0) : null,
    startsAt: instant("startsAt", fields.startsDate, fields.startsTime || "00:00") ?? new Date(0),
    endsAt: fields.hasEnd ? instant("endsAt", fields.endsDate, fields.endsTime || "23:59", "59") : null,
    redeemableFrom: fields.hasRedeemableFrom ? instant("redeemableFrom", fields.redeemableDate, fields.redeemableTime || "00:00") : null,
    expiryRule: fields.expiryRule,
    expiryCount: fields.expiryRule === "days" || fields.expiryRule === "month_ends" ? whole("expiryCount", fields.expiryCount) : null,
    expiresOn: fields.expiryRule === "date" ? instant("expiresOn", fields.expiresDate, "23:59", "59") : null,
    duration: fields.duration,
    durationMonths: fields.duration === "months" ? whole("durationMonths", fields.durationMonths) : null,
    appliedBy: applierOf(fields, fields.source),
    shareable: fields.shareable,
    usesTotal: optional("usesTotal"),
    usesPerCustomer: optional("usesPerCustomer"),
    usesPerCode: optional("usesPerCode"),
    issuesTotal: optional("issuesTotal"),
    alertRemaining: fields.issuesTotalOn ? optional("alertRemaining") : null,
    issuesPerCustomer: optional("issuesPerCustomer"),
    issueGapDays: optional("issueGapDays"),
    redeemGapDays: optional("redeemGapDays"),
    audience: fields.listed ? "listed" : "anyone",
    excludedAwards: readList(fields.excludedAwards).map(Number),
    matchAgain: fields.matchAgain,
    firstOrderOnly: fields.firstOrderOnly,
    maxOrders: optional("maxOrders"),
    registeredFrom: fields.registeredFromOn ? instant("registeredFrom", fields.registeredFrom, "00:00") : null,
    registeredUntil: fields.registeredUntilOn ? instant("registeredUntil", fields.registeredUntil, "23:59", "59") : null,
    weekdays: readList(fields.weekdays).map(Number),
    monthDays: readList(fields.monthDays).map(Number),
    fromMinute: fields.hasHours ? minuteOfDay("fromMinute", fields.fromTime) : null,
    // Midnight is where a day's hours end, not where they begin again.
    untilMinute: fields.hasHours ? minuteOfDay("untilMinute", fields.untilTime) || 1440 : null,
    channels: fields.channel === "any" ? [] : [fields.channel],
    locationIds: readList(fields.locationIds),
    zones: readList(fields.zones),
    concepts: readList(fields.concepts),
    onReversal: fields.onReversal,
    combinesOrder: fields.combinesOrder,
    combinesProduct: fields.combinesProduct,
    combinesShipping: fields.combinesShipping,
  };
  const known = new Set(problems.map(({ field }) => field));
  for (const problem of [...problemsOf(draft, fields.source, shop.currency), ...textProblems(readTexts(fields))]) {
    if (!known.has(problem.field)) problems.push(plain(problem, fields));
    known.add(problem.field);
  }
  return { draft, problems };
}

type Worth = Pick<AwardDraft, "value" | "pointsPrice" | "minPoints" | "maxPoints" | "stepPoints" | "stepMinor">;

/** What it is worth and what it costs; of an amount that the customer chooses, both follow from its steps. */
function readWorth(fields: AwardFields, { whole, money }: Reader): Worth {
  if (fields.kind === "fixed_amount" && fields.variable) {
    const minPoints = whole("minPoints", fields.minPoints);
    const maxPoints = whole("maxPoints", fields.maxPoints);
    const stepPoints = whole("stepPoints", fields.stepPoints);
    const stepMinor = money("stepMinor", fields.stepMinor);
    const follows = minPoints && maxPoints && stepPoints && stepMinor ? variableTerms({ minPoints, maxPoints, stepPoints, stepMinor }) : { value: 1, pointsPrice: minPoints };
    return { minPoints, maxPoints, stepPoints, stepMinor, ...follows };
  }
  const pointsPrice = fields.sold ? (whole("pointsPrice", fields.pointsPrice) ?? 0) : null;
  return { value: readValue(fields, { whole, money }) ?? 0, pointsPrice, minPoints: null, maxPoints: null, stepPoints: null, stepMinor: null };
}

function readValue({ kind, value }: AwardFields, { whole, money }: Pick<Reader, "whole" | "money">): number | null {
  if (kind === "percentage") return whole("value", value);
  return kind === "fixed_amount" ? money("value", value) : 0;
}

/** Numbers that count only while their tick, `…On`, is set. */
type OptionalNumber = "usesTotal" | "usesPerCustomer" | "usesPerCode" | "issuesTotal" | "alertRemaining" | "issuesPerCustomer" | "issueGapDays" | "redeemGapDays" | "maxOrders";
type Reader = ReturnType<typeof reader>;

function reader(fields: AwardFields, { currency, timeZone }: ShopRules) {
  const problems: Problem[] = [];
  const exact = readInstants(fields.instants);
  const refuse = (field: string, message: string) => {
    problems.push({ field, message });
    return null;
  };
  const whole = (field: string, text: string) => {
    if (!text.trim()) return refuse(field, "Enter a number.");
    return /^\d{1,10}$/.test(text.trim()) ? Number(text) : refuse(field, /^\d{11,}$/.test(text.trim()) ? "This number is too large." : "Enter a whole number, with digits only.");
  };
  const optional = (field: OptionalNumber) => (fields[`${field}On`] ? (whole(field, fields[field]) ?? 0) : null);
  const money = (field: string, text: string) => {
    const digits = minorDigits(currency);
    if (!text.trim()) return refuse(field, "Enter an amount.");
    if (/^\d{8,}(\.\d*)?$/.test(text.trim())) return refuse(field, "This amount is too large.");
    const shape = digits === 0 ? /^\d{1,7}$/ : new RegExp(`^\\d{1,7}(\\.\\d{1,${digits}})?$`);
    if (!shape.test(text.trim())) return refuse(field, `Write the amount with digits and a point, like ${toDecimal(10 ** digits * 12, currency)}.`);
    const minor = toMinor(text, currency);
    return minor > MAX_MINOR ? refuse(field, "This amount is too large.") : minor;
  };
  /** `seconds` "59": the minute ends with its last second, as "until 23:59" means the whole minute. */
  const instant = (field: InstantField, date: string, time: string, seconds: "00" | "59" = "00") => {
    if (!date) return refuse(field, "Choose a date.");
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !/^\d{2}:\d{2}$/.test(time)) return refuse(field, "Enter a date and a time.");
    const before = exact[field];
    // What nobody changed stays as it was made, to the second.
    if (before && sameClock(field, localTime(before, timeZone), `${date}T${time}`)) return before;
    try {
      return instantOf(`${date}T${time}:${seconds}`, timeZone);
    } catch {
      return refuse(field, "There is no such date or time.");
    }
  };
  const minuteOfDay = (field: string, time: string) => {
    const [hours = 24, minutes = 0] = /^\d{2}:\d{2}$/.test(time) ? time.split(":").map(Number) : [];
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : refuse(field, "Enter a time of day.");
  };
  return { problems, whole, optional, money, instant, minuteOfDay };
}

/** The form shows minutes; of some instants, only the day. */
function sameClock(field: InstantField, before: string, now: string): boolean {
  const shown = field === "expiresOn" || field === "registeredFrom" || field === "registeredUntil" ? "2026-11-20".length : "2026-11-20T12:00".length;
  return before.slice(0, shown) === now.slice(0, shown);
}

function problemsOf(draft: AwardDraft, source: CodeSource, shopCurrency: string): Problem[] {
  return [...draftProblems(draft), ...limitProblems(draft, source), ...enforcement(draft, source, shopCurrency).refused];
}

/** The schema speaks of numbers; a person filled in an amount. */
function plain({ field, message }: Problem, { kind }: AwardFields): Problem {
  if (field === "value") return { field, message: kind === "percentage" ? "Enter a percentage from 1 to 100." : "Enter an amount above 0." };
  if (field === "minOrderMinor") return { field, message: "Enter an amount above 0, or take the tick away." };
  return { field, message };
}

/** Where the codes come from, without the bytes of a file: that is read at the door. */
export type FormSource = Exclude<NewCodeSource, { source: "uploaded" | "third_party" | "typed" }> | { source: "uploaded"; lowStockAt?: number } | { source: "third_party"; text?: string };

/** The code source that the fields say. */
export function readSource(fields: AwardFields): { source: FormSource; problems: Problem[] } {
  const problems: Problem[] = [];
  const whole = (field: string, text: string) => {
    if (!/^\d{1,7}$/.test(text.trim())) problems.push({ field, message: "Enter a whole number." });
    return Number(text);
  };
  const watched = () => (fields.lowStockAtOn ? { lowStockAt: whole("lowStockAt", fields.lowStockAt) } : {});
  const stocked = () => ({ stockTarget: whole("stockTarget", fields.stockTarget), ...(fields.selfSizing ? { selfSizing: true } : {}), ...watched() });
  const source = (): FormSource => {
    switch (fields.source) {
      case "generated":
        return { source: "generated", prefix: fields.prefix.trim().toUpperCase(), length: whole("length", fields.length), ...stocked() };
      case "pattern":
        return { source: "pattern", sample: fields.sample, ...stocked() };
      case "single":
        return { source: "single", ...(fields.code.trim() ? { code: fields.code } : {}), ...(fields.rotateDaysOn ? { rotateDays: whole("rotateDays", fields.rotateDays) } : {}) };
      case "pasted":
        if (!fields.codes.trim()) problems.push({ field: "codes", message: "Paste at least one code." });
        return { source: "pasted", text: fields.codes, ...watched() };
      case "third_party":
        return { source: "third_party", ...(fields.codes.trim() ? { text: fields.codes } : {}) };
      case "uploaded":
        return { source: "uploaded", ...watched() };
      case "typed":
        problems.push({ field: "source", message: "Choose where the codes come from." });
        return { source: "uploaded" };
      default:
        return fields.source satisfies never;
    }
  };
  return { source: source(), problems };
}
