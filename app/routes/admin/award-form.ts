/** The award editor's form: what it holds, how it becomes a draft, and what is wrong with it, field by field. Pure; both the browser and the server read it. */
import { z } from "zod";
import { AWARD_KINDS, CODE_SOURCES, draftProblems, MAX_MINOR, NO_RULES, type AwardDraft, type Problem } from "../../domain/awards/award";
import type { NewCodeSource } from "../../domain/awards/code-source";
import { minorDigits, toDecimal, toMinor } from "../../lib/money";
import { instantOf, localTime } from "../../lib/zone";

const Text = z.string().max(1000).default("");
const Tick = z.literal("on").optional().transform((value) => value === "on");

/** Everything as a person writes it: text and ticks. */
export const AwardForm = z.object({
  requestKey: z.string().min(8).max(100),
  name: Text,
  kind: z.enum(AWARD_KINDS),
  value: Text,
  sold: Tick,
  pointsPrice: Text,
  hasMinimum: Tick,
  minOrderMinor: Text,
  startsDate: Text,
  startsTime: Text,
  hasEnd: Tick,
  endsDate: Text,
  endsTime: Text,
  usesTotalOn: Tick,
  usesTotal: Text,
  usesPerCustomerOn: Tick,
  usesPerCustomer: Text,
  usesPerCodeOn: Tick,
  usesPerCode: Text,
  issuesTotalOn: Tick,
  issuesTotal: Text,
  issuesPerCustomerOn: Tick,
  issuesPerCustomer: Text,
  combinesOrder: Tick,
  combinesProduct: Tick,
  combinesShipping: Tick,
  source: z.enum(CODE_SOURCES),
  prefix: Text,
  length: Text,
  stockTarget: Text,
  code: Text,
  codes: z.string().default(""),
});
export type AwardFields = z.infer<typeof AwardForm>;

interface ShopRules {
  currency: string;
  timeZone: string;
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

/** The draft that the fields say, and everything that is wrong with them. `draft` holds what could be read, for the summary. */
export function readAward(fields: AwardFields, shop: ShopRules): { draft: AwardDraft; problems: Problem[] } {
  const { problems, whole, money, instant } = reader(shop);
  const draft: AwardDraft = {
    ...NO_RULES,
    name: fields.name.trim(),
    kind: fields.kind,
    value: (fields.kind === "percentage" ? whole("value", fields.value) : money("value", fields.value)) ?? 0,
    pointsPrice: fields.sold ? (whole("pointsPrice", fields.pointsPrice) ?? 0) : null,
    minOrderMinor: fields.hasMinimum ? (money("minOrderMinor", fields.minOrderMinor) ?? 0) : null,
    startsAt: instant("startsAt", fields.startsDate, fields.startsTime || "00:00") ?? new Date(0),
    endsAt: fields.hasEnd ? instant("endsAt", fields.endsDate, fields.endsTime || "23:59") : null,
    usesTotal: fields.usesTotalOn ? (whole("usesTotal", fields.usesTotal) ?? 0) : null,
    usesPerCustomer: fields.usesPerCustomerOn ? (whole("usesPerCustomer", fields.usesPerCustomer) ?? 0) : null,
    usesPerCode: fields.usesPerCodeOn ? (whole("usesPerCode", fields.usesPerCode) ?? 0) : null,
    issuesTotal: fields.issuesTotalOn ? (whole("issuesTotal", fields.issuesTotal) ?? 0) : null,
    issuesPerCustomer: fields.issuesPerCustomerOn ? (whole("issuesPerCustomer", fields.issuesPerCustomer) ?? 0) : null,
    combinesOrder: fields.combinesOrder,
    combinesProduct: fields.combinesProduct,
    combinesShipping: fields.combinesShipping,
  };
  const unread = new Set(problems.map(({ field }) => field));
  for (const problem of draftProblems(draft)) if (!unread.has(problem.field)) problems.push(plain(problem, fields));
  return { draft, problems };
}

/** The schema speaks of numbers; a person filled in an amount. */
function plain({ field, message }: Problem, { kind }: AwardFields): Problem {
  if (field === "value") return { field, message: kind === "percentage" ? "Enter a percentage from 1 to 100." : "Enter an amount above 0." };
  if (field === "minOrderMinor") return { field, message: "Enter an amount above 0, or take the tick away." };
  return { field, message };
}

function reader({ currency, timeZone }: ShopRules) {
  const problems: Problem[] = [];
  const refuse = (field: string, message: string) => {
    problems.push({ field, message });
    return null;
  };
  const whole = (field: string, text: string) => {
    if (!text.trim()) return refuse(field, "Enter a number.");
    return /^\d{1,10}$/.test(text.trim()) ? Number(text) : refuse(field, /^\d{11,}$/.test(text.trim()) ? "This number is too large." : "Enter a whole number, with digits only.");
  };
  const money = (field: string, text: string) => {
    const digits = minorDigits(currency);
    if (!text.trim()) return refuse(field, "Enter an amount.");
    if (/^\d{8,}(\.\d*)?$/.test(text.trim())) return refuse(field, "This amount is too large.");
    const shape = digits === 0 ? /^\d{1,7}$/ : new RegExp(`^\\d{1,7}(\\.\\d{1,${digits}})?$`);
    if (!shape.test(text.trim())) return refuse(field, `Write the amount with digits and a point, like ${toDecimal(10 ** digits * 12, currency)}.`);
    const minor = toMinor(text, currency);
    return minor > MAX_MINOR ? refuse(field, "This amount is too large.") : minor;
  };
  const instant = (field: string, date: string, time: string) => {
    if (!date) return refuse(field, "Choose a date.");
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !/^\d{2}:\d{2}$/.test(time)) return refuse(field, "Enter a date and a time.");
    try {
      // A minute ends with its last second: "until 23:59" means the whole minute.
      return instantOf(`${date}T${time}:${field === "endsAt" ? "59" : "00"}`, timeZone);
    } catch {
      return refuse(field, "There is no such date or time.");
    }
  };
  return { problems, whole, money, instant };
}

/** Where the codes come from, without the bytes of a file: that is read at the door. */
export type FormSource = Exclude<NewCodeSource, { source: "uploaded" }> | { source: "uploaded" };

/** The code source that the fields say. */
export function readSource(fields: AwardFields): { source: FormSource; problems: Problem[] } {
  switch (fields.source) {
    case "generated":
      return generated(fields);
    case "single":
      return { source: { source: "single", ...(fields.code.trim() ? { code: fields.code } : {}) }, problems: [] };
    case "pasted":
      return { source: { source: "pasted", text: fields.codes }, problems: fields.codes.trim() ? [] : [{ field: "codes", message: "Paste at least one code." }] };
    case "uploaded":
      return { source: { source: "uploaded" }, problems: [] };
    case "pattern":
    case "third_party":
    case "typed":
      return { source: { source: "uploaded" }, problems: [{ field: "source", message: "Choose where the codes come from." }] };
    default:
      return fields.source satisfies never;
  }
}

function generated({ prefix, length, stockTarget }: AwardFields): { source: FormSource; problems: Problem[] } {
  const problems: Problem[] = [];
  const numbers = { length, stockTarget };
  for (const [field, text] of Object.entries(numbers)) if (!/^\d{1,7}$/.test(text.trim())) problems.push({ field, message: "Enter a whole number." });
  return { source: { source: "generated", prefix: prefix.trim().toUpperCase(), length: Number(length), stockTarget: Number(stockTarget) }, problems };
}

/** The form of a new award, ready to be filled in. */
export function newAwardFields(requestKey: string, timeZone: string, now: Date): AwardFields {
  const form = new FormData();
  form.set("requestKey", requestKey);
  form.set("kind", "fixed_amount");
  form.set("sold", "on");
  form.set("usesPerCustomer", "1");
  form.set("source", "generated");
  form.set("length", "10");
  form.set("stockTarget", "500");
  form.set("startsDate", localTime(now, timeZone).slice(0, 10));
  form.set("startsTime", localTime(now, timeZone).slice(11, 16));
  form.set("endsTime", "23:59");
  return AwardForm.parse(Object.fromEntries(form.entries()));
}

/** The form of an award that exists, or of its successor. */
export function fieldsOfAward(award: AwardDraft & { currency: string }, base: AwardFields, timeZone: string): AwardFields {
  const number = (value: number | null) => (value === null ? "" : String(value));
  const money = (minor: number | null) => (minor === null ? "" : toDecimal(minor, award.currency));
  const ends = award.endsAt ? localTime(award.endsAt, timeZone) : null;
  const starts = localTime(award.startsAt, timeZone);
  return {
    ...base,
    name: award.name,
    kind: award.kind,
    value: award.kind === "percentage" ? String(award.value) : money(award.value),
    sold: award.pointsPrice !== null,
    pointsPrice: number(award.pointsPrice),
    hasMinimum: award.minOrderMinor !== null,
    minOrderMinor: money(award.minOrderMinor),
    startsDate: starts.slice(0, 10),
    startsTime: starts.slice(11, 16),
    hasEnd: ends !== null,
    endsDate: ends?.slice(0, 10) ?? "",
    endsTime: ends?.slice(11, 16) ?? "23:59",
    usesTotalOn: award.usesTotal !== null,
    usesTotal: number(award.usesTotal),
    usesPerCustomerOn: award.usesPerCustomer !== null,
    usesPerCustomer: number(award.usesPerCustomer),
    usesPerCodeOn: award.usesPerCode !== null,
    usesPerCode: number(award.usesPerCode),
    issuesTotalOn: award.issuesTotal !== null,
    issuesTotal: number(award.issuesTotal),
    issuesPerCustomerOn: award.issuesPerCustomer !== null,
    issuesPerCustomer: number(award.issuesPerCustomer),
    combinesOrder: award.combinesOrder,
    combinesProduct: award.combinesProduct,
    combinesShipping: award.combinesShipping,
  };
}
