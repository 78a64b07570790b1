/** The settings form: its fields as text, what they say, and an example of it in words. Pure; the browser and the server read it. */
import type { ShopSettings } from "../../domain/shops/change-settings.server";
import { pointsFor } from "../../domain/points/earn";
import { formatMoney, minorDigits, toDecimal, toMinor } from "../../lib/money";
import { formatCount, plural } from "../../ui/count";

export const SETTINGS_FIELDS = [
  "pointsName", "earnRate", "earnOnTax", "earnOnShipping", "pendingDays", "expiryMonths", "expiryNoticeDays", "hundred", "signupPoints", "birthdayPoints", "holdMinutes", "alertEmail",
] as const;
export type SettingsFields = Record<(typeof SETTINGS_FIELDS)[number], string>;

/** A tick in a form of texts. */
export const TICKED = "on";
const tick = (on: boolean) => (on ? TICKED : "");

/** The form of what is stored. */
export function fieldsOf(settings: ShopSettings, currency: string): SettingsFields {
  return {
    pointsName: settings.pointsName,
    earnRate: String(settings.earnRate),
    earnOnTax: tick(settings.earnOnTax),
    earnOnShipping: tick(settings.earnOnShipping),
    pendingDays: String(settings.pendingDays),
    expiryMonths: settings.expiryMonths === null ? "" : String(settings.expiryMonths),
    expiryNoticeDays: String(settings.expiryNoticeDays),
    hundred: settings.hundredMinor === null ? "" : toDecimal(settings.hundredMinor, currency),
    signupPoints: String(settings.signupPoints),
    birthdayPoints: String(settings.birthdayPoints),
    holdMinutes: String(settings.holdMinutes),
    alertEmail: settings.alertEmail ?? "",
  };
}

/** What the fields say; NaN where a number cannot be read, for the schema to refuse. */
export function readSettings(fields: SettingsFields, currency: string): ShopSettings {
  return {
    pointsName: fields.pointsName,
    earnRate: number(fields.earnRate),
    earnOnTax: fields.earnOnTax === TICKED,
    earnOnShipping: fields.earnOnShipping === TICKED,
    pendingDays: number(fields.pendingDays),
    expiryMonths: fields.expiryMonths.trim() ? number(fields.expiryMonths) : null,
    expiryNoticeDays: number(fields.expiryNoticeDays),
    hundredMinor: fields.hundred.trim() ? amount(fields.hundred, currency) : null,
    signupPoints: number(fields.signupPoints),
    birthdayPoints: number(fields.birthdayPoints),
    holdMinutes: number(fields.holdMinutes),
    alertEmail: fields.alertEmail.trim() || null,
  };
}

function number(text: string): number {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function amount(text: string, currency: string): number {
  const digits = minorDigits(currency);
  const shape = digits === 0 ? /^\d{1,9}$/ : new RegExp(`^\\d{1,9}(\\.\\d{1,${digits}})?$`);
  return shape.test(text.trim()) ? toMinor(text, currency) : Number.NaN;
}

const EXAMPLE_UNITS = 50;

/** What an order would earn under these settings, and what becomes of it; null while a number cannot be read. */
export function exampleOf(fields: SettingsFields, currency: string): string | null {
  const { pointsName, earnRate, pendingDays, expiryMonths, hundredMinor } = readSettings(fields, currency);
  if ([earnRate, pendingDays, expiryMonths ?? 0, hundredMinor ?? 0].some(Number.isNaN)) return null;
  const spentMinor = EXAMPLE_UNITS * 10 ** minorDigits(currency);
  const points = pointsFor([{ earningMinor: spentMinor, rateMilli: earnRate * 1000 }], currency);
  const earns = `${formatMoney(spentMinor, currency)} spent earn ${formatCount(points)} ${pointsName.trim() || "points"}`;
  if (points === 0) return `${earns}.`;
  const worth = hundredMinor === null ? "" : `, worth ${formatMoney(Math.floor((points * hundredMinor) / 100), currency)} to you`;
  const from = pendingDays === 0 ? "They can be spent at once" : `They can be spent ${plural(pendingDays, "day")} later`;
  const until = expiryMonths === null ? "never expire" : `expire at the end of the day ${plural(expiryMonths, "month")} after ${pendingDays === 0 ? "the order" : "that"}`;
  return `${earns}${worth}. ${from} and ${until}.`;
}
