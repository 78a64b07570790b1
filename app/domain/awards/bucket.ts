/**
 * Which discounts an award needs on Shopify. A discount there has one end and one value for all its codes; where an award
 * gives its coupons different ones, each is a bucket with a parent discount of its own. Pure.
 */
import { instantOf, localTime } from "../../lib/zone";
import type { CodeSource } from "./award";

/** How many different amounts a variable award may offer: each is a discount of its own on Shopify. */
export const MAX_VALUES = 50;

export interface BucketRules {
  appliedBy: "shopify" | "integrator";
  codeSource: CodeSource;
  startsAt: Date;
  endsAt: Date | null;
  expiryRule: "with_award" | "days" | "month_ends" | "date";
  expiryCount: number | null;
  minPoints: number | null;
  maxPoints: number | null;
  stepPoints: number | null;
  stepMinor: number | null;
}

/** What the codes of one parent discount have in common that their award does not say. */
export interface Bucket {
  bucket: string;
  /** When coupons expire that are issued in the bucket's period, whatever the award's end; null: as the award says. */
  expiresAt: Date | null;
  /** A variable award: what these codes are worth. Null: as the award says. */
  valueMinor: number | null;
}

/** Terms of one code that differ from its award's. */
export interface Restrictions {
  expiresAt?: Date | null;
  valueMinor?: number | null;
  usesPerCode?: number | null;
  minOrderMinor?: number | null;
  customerGid?: string | null;
  firstOrderOnly?: boolean;
}

/** Whether we make the award's codes: only then can each period and value have codes of its own. */
function isMinted({ codeSource }: BucketRules): boolean {
  return codeSource === "generated" || codeSource === "pattern";
}

/**
 * The buckets that codes are given out of now and in the period after this one (a day or a month of the shop), those of
 * now first. An award that has not begun needs those of its first two periods.
 */
export function bucketsDue(award: BucketRules, timeZone: string, now: Date): Bucket[] {
  if (award.appliedBy === "integrator" || !isMinted(award)) return [{ bucket: "", expiresAt: null, valueMinor: null }];
  return periodEnds(award, timeZone, now).flatMap((expiresAt) =>
    values(award).map((valueMinor) => ({ bucket: bucketName(timeZone, expiresAt, valueMinor), expiresAt, valueMinor })),
  );
}

/** When the next period begins, for which buckets are made ahead and before which they are over. Null: the award has no periods. */
export function nextPeriodAt(award: BucketRules, timeZone: string, now: Date): Date | null {
  if (!hasPeriods(award) || award.appliedBy === "integrator" || !isMinted(award)) return null;
  return startOf(shifted(award.expiryRule, today(award, timeZone, now), 1), timeZone);
}

/** What a variable award's codes can be worth, ascending; [null] for any other. */
function values({ minPoints, maxPoints, stepPoints, stepMinor }: BucketRules): (number | null)[] {
  if (minPoints === null || maxPoints === null || stepPoints === null || stepMinor === null) return [null];
  const count = Math.floor((maxPoints - minPoints) / stepPoints) + 1;
  if (count > MAX_VALUES) throw new RangeError(`${count} values are more than the ${MAX_VALUES} that an award may have`);
  return Array.from({ length: count }, (_, index) => ((minPoints + index * stepPoints) / stepPoints) * stepMinor);
}

type Period = "days" | "month_ends";

function hasPeriods<T extends BucketRules>(award: T): award is T & { expiryRule: Period } {
  return award.expiryRule === "days" || award.expiryRule === "month_ends";
}

function periodEnds(award: BucketRules, timeZone: string, now: Date): (Date | null)[] {
  if (!hasPeriods(award)) return [null];
  const { expiryRule, expiryCount, endsAt } = award;
  const first = today(award, timeZone, now);
  const next = shifted(expiryRule, first, 1);
  const days = endsAt && endsAt <= startOf(next, timeZone) ? [first] : [first, next];
  return days.map((day) => endOf(expiryRule, expiryCount ?? 0, day, timeZone));
}

/** The last millisecond of the day (or month) that comes `count` days (or months) after that of `instant`. */
export function periodEnd(rule: Period, count: number, instant: Date, timeZone: string): Date {
  return endOf(rule, count, localTime(instant, timeZone).slice(0, 10), timeZone);
}

function endOf(rule: Period, count: number, day: string, timeZone: string): Date {
  return new Date(startOf(shifted(rule, day, count + 1), timeZone).getTime() - 1);
}

/** The shop's day at `now`, or the award's first if it has not begun. */
function today({ startsAt }: BucketRules, timeZone: string, now: Date): string {
  return localTime(startsAt > now ? startsAt : now, timeZone).slice(0, 10);
}

/** The day so many days later, or the first day of the month so many months later. */
function shifted(rule: Period, day: string, by: number): string {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  const moved = rule === "days" ? Date.UTC(year, month - 1, date + by) : Date.UTC(year, month - 1 + by, 1);
  return new Date(moved).toISOString().slice(0, 10);
}

function startOf(day: string, timeZone: string): Date {
  return instantOf(`${day}T00:00:00`, timeZone);
}

function bucketName(timeZone: string, expiresAt: Date | null, valueMinor: number | null): string {
  const until = expiresAt && `until ${localTime(expiresAt, timeZone).slice(0, 10)}`;
  return [until, valueMinor !== null && `worth ${valueMinor}`].filter(Boolean).join(", ");
}

/** The name of the bucket of all codes with the same restrictions; "" for none. */
export function restrictedBucket({ expiresAt, valueMinor, usesPerCode, minOrderMinor, customerGid, firstOrderOnly }: Restrictions): string {
  return [
    expiresAt && `expires ${expiresAt.toISOString()}`,
    valueMinor != null && `worth ${valueMinor}`,
    usesPerCode != null && `uses ${usesPerCode}`,
    minOrderMinor != null && `orders from ${minOrderMinor}`,
    customerGid && `for ${customerGid}`,
    firstOrderOnly && "first order",
  ].filter(Boolean).join(", ");
}
