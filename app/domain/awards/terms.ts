/** The sentence that says an award's terms: the same on every screen, at the checkout and in every message. Pure. */
import type { z } from "zod";
import { formatMoney } from "../../lib/money";
import { remembered } from "../../lib/remembered";
import type { TermsJson } from "./award";
import { termWords, type Forms, type TermWords } from "./terms-words";

/** What a shopper should know of an award: a row or a draft has it. In SQL: `termsColumns`. */
export type AwardTerms = z.infer<typeof TermsJson>;

/** Whose days the terms speak of, and how its points are called. */
export interface TermsShop {
  timeZone: string;
  pointsName: string;
}

/** "20% off, at most EGP 100.00, orders from EGP 300.00, once per customer", in the language of `locale`; in English where we have no other. */
export function describeTerms(terms: AwardTerms, locale: string, shop: TermsShop): string {
  const teller = tellerOf(locale, shop);
  const parts = [...describeWorth(terms, teller), ...describeOrder(terms, teller), ...describeCustomer(terms, teller), ...describeTimes(terms, teller), ...describePlaces(terms, teller), ...describeEnds(terms, teller)];
  return parts.join(teller.words.separator);
}

/** The terms of a coupon under a variable award: what the customer's points bought. */
export function couponTerms<Terms extends AwardTerms>(terms: Terms, valueMinor: number | null): Terms {
  return valueMinor === null ? terms : { ...terms, value: valueMinor, minPoints: null, maxPoints: null, stepPoints: null, stepMinor: null };
}

/** Words of a language and the ways to write numbers, days and lists in it. */
interface Teller {
  words: TermWords;
  pointsName: string;
  number(count: number): string;
  percent(value: number): string;
  money(minor: number, currency: string): string;
  counted(count: number, forms: Forms): string;
  list(items: string[]): string;
  day(instant: Date): string;
  weekday(isoDay: number): string;
  time(minuteOfDay: number): string;
}

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

function tellerOf(wanted: string, { timeZone, pointsName }: TermsShop): Teller {
  const { words, locale } = termWords(wanted);
  const number = (count: number) => numbers(locale).format(count);
  return {
    words,
    pointsName,
    number,
    percent: (value) => percents(locale).format(value / 100),
    money: (minor, currency) => formatMoney(minor, currency, locale),
    counted: (count, forms) => (forms[plurals(locale).select(count)] ?? forms.other).replace("{n}", number(count)),
    list: (items) => lists(locale).format(items),
    day: (instant) => days(`${locale} ${timeZone}`).format(instant),
    weekday: (isoDay) => weekdays(locale).format(MONDAY + (isoDay - 1) * DAY_MS),
    time: (minute) => times(locale).format(MONDAY + minute * 60_000),
  };
}

/** By locale; a checkout lists fifty awards, and each format takes longer to make than all of their sentences to write. */
const numbers = remembered((locale) => new Intl.NumberFormat(locale));
const percents = remembered((locale) => new Intl.NumberFormat(locale, { style: "percent" }));
const plurals = remembered((locale) => new Intl.PluralRules(locale));
const lists = remembered((locale) => new Intl.ListFormat(locale, { type: "conjunction" }));
const weekdays = remembered((locale) => new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" }));
const times = remembered((locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone: "UTC" }));
/** By locale and time zone. */
const days = remembered((key) => {
  const [locale, timeZone] = key.split(" ");
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone });
});

function describeWorth(terms: AwardTerms, teller: Teller): string[] {
  const { words, money, counted, list } = teller;
  const parts = [describeValue(terms, teller)];
  if (terms.capMinor !== null) parts.push(words.atMost(money(terms.capMinor, terms.currency)));
  const things = [
    ...(terms.productGids.length ? [counted(terms.productGids.length, words.products)] : []),
    ...(terms.variantGids.length ? [counted(terms.variantGids.length, words.variants)] : []),
    ...(terms.collectionGids.length ? [counted(terms.collectionGids.length, words.collections)] : []),
  ];
  if (things.length) parts.push(words.on(list(things)));
  return parts;
}

function describeValue(terms: AwardTerms, { words, percent, money, number, pointsName }: Teller): string {
  const { kind, value, currency, minPoints, maxPoints, stepPoints, stepMinor } = terms;
  switch (kind) {
    case "fixed_amount":
      if (minPoints === null || maxPoints === null || stepPoints === null || stepMinor === null) return words.off(money(value, currency));
      return words.offVariable({
        least: money(Math.round((minPoints / stepPoints) * stepMinor), currency),
        most: money(value, currency),
        leastPoints: number(minPoints),
        mostPoints: number(maxPoints),
        pointsName,
      });
    case "percentage":
      return words.off(percent(value));
    case "free_shipping":
      return words.freeShipping;
    case "free_product":
      return words.freeProduct;
    case "custom":
      return words.custom;
    default:
      return kind satisfies never;
  }
}

function describeOrder({ minOrderMinor, maxOrderMinor, currency }: AwardTerms, { words, money }: Teller): string[] {
  if (minOrderMinor !== null && maxOrderMinor !== null) return [words.ordersBetween(money(minOrderMinor, currency), money(maxOrderMinor, currency))];
  if (minOrderMinor !== null) return [words.ordersFrom(money(minOrderMinor, currency))];
  return maxOrderMinor === null ? [] : [words.ordersUpTo(money(maxOrderMinor, currency))];
}

function describeCustomer(terms: AwardTerms, { words, counted, day }: Teller): string[] {
  const { usesPerCustomer, redeemGapDays, firstOrderOnly, maxOrders, registeredFrom, registeredUntil } = terms;
  const parts: string[] = [];
  if (usesPerCustomer !== null) parts.push(counted(usesPerCustomer, words.usesPerCustomer));
  if (redeemGapDays !== null) parts.push(counted(redeemGapDays, words.redeemGap));
  if (firstOrderOnly || maxOrders === 0) parts.push(words.firstOrder);
  else if (maxOrders !== null) parts.push(counted(maxOrders, words.maxOrders));
  if (registeredFrom && registeredUntil) parts.push(words.registeredBetween(day(registeredFrom), day(registeredUntil)));
  else if (registeredFrom) parts.push(words.registeredFrom(day(registeredFrom)));
  else if (registeredUntil) parts.push(words.registeredUntil(day(registeredUntil)));
  return parts;
}

function describeTimes({ weekdays, monthDays, fromMinute, untilMinute }: AwardTerms, { words, list, weekday, number, time }: Teller): string[] {
  const parts: string[] = [];
  if (weekdays.length) parts.push(words.weekdays(list(inOrder(weekdays).map(weekday))));
  if (monthDays.length) parts.push(words.monthDays(list(inOrder(monthDays).map(number))));
  if (fromMinute !== null && untilMinute !== null) parts.push(words.hours(time(fromMinute), time(untilMinute)));
  return parts;
}

const inOrder = (days: number[]) => [...days].sort((a, b) => a - b);

function describePlaces({ channels, locationIds, zones, concepts }: AwardTerms, { words, counted, list }: Teller): string[] {
  const parts: string[] = [];
  if (channels.length === 1) parts.push(channels[0] === "online" ? words.onlineOnly : words.storesOnly);
  if (locationIds.length) parts.push(counted(locationIds.length, words.locations));
  if (zones.length) parts.push(words.zones(list(zones)));
  if (concepts.length) parts.push(words.concepts(list(concepts)));
  return parts;
}

function describeEnds(terms: AwardTerms, { words, counted, day }: Teller): string[] {
  const { duration, durationMonths, redeemableFrom, expiresOn } = terms;
  const parts: string[] = [];
  if (duration === "forever") parts.push(words.forever);
  if (duration === "months" && durationMonths !== null) parts.push(counted(durationMonths, words.months));
  if (redeemableFrom) parts.push(words.redeemableFrom(day(redeemableFrom)));
  const count = terms.expiryCount ?? 0;
  switch (terms.expiryRule) {
    case "with_award":
      return parts;
    case "days":
      return [...parts, count === 0 ? words.validThatDay : counted(count, words.validDays)];
    case "month_ends":
      return [...parts, count === 0 ? words.validThatMonth : counted(count, words.validMonths)];
    case "date":
      return expiresOn ? [...parts, words.validUntil(day(expiresOn))] : parts;
    default:
      return terms.expiryRule satisfies never;
  }
}
